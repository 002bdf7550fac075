package ydt1363

import (
	"bytes"
	"slices"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// absent fills an item that the device does not measure.
const absent = 0x20

// normal are the bytes of an alarm item that mean "none" where the map names no
// others: 00 is normal, E0 the first of the states that a vendor defines himself.
var normal = []uint8{0x00, 0xe0}

// alarms are the bytes that mean an alarm in every product: below or above its
// limit, phase loss, fuse blown, switch open, another fault.
var alarms = []uint8{0x01, 0x02, 0x03, 0x04, 0x05, 0xf0}

// value reads one point out of the bytes of INFO. What the device fills with 20H
// is not-present; what it left out is, too. Pure.
func value(p *maps.Point, info []byte) (point.Value, point.Quality) {
	at, n := int(p.Address), p.Bytes()
	if at+n > len(info) {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	item := info[at : at+n]
	if n > 1 && bytes.Count(item, []byte{absent}) == n || p.Type == maps.Status && item[0] == absent {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	switch p.Type {
	case maps.Status:
		return status(p, item[0])
	case maps.Clock:
		return maps.Time(item)
	case maps.Bit:
		return point.OfBool((uint16(item[0])<<8|uint16(item[1]))>>p.Bit&1 == 1), point.Quality{}
	}
	return p.Value(number(item, p.LowFirst))
}

// status tells of an alarm. A byte that nobody explains is one, but uncertain: to
// miss it would be worse.
func status(p *maps.Point, b uint8) (point.Value, point.Quality) {
	none := p.Normal
	if none == nil {
		none = normal
	}
	switch {
	case slices.Contains(none, b):
		return point.OfBool(false), point.Quality{}
	case slices.Contains(alarms, b):
		return point.OfBool(true), point.Quality{}
	}
	return point.OfBool(true), point.UncertainBecause(point.OutOfRange)
}

// number puts the bytes together, the high one first unless low says otherwise.
func number(b []byte, low bool) (raw uint32) {
	for i := range b {
		c := b[i]
		if low {
			c = b[len(b)-1-i]
		}
		raw = raw<<8 | uint32(c)
	}
	return raw
}
