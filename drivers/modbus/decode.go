package modbus

import (
	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// decode reads one point out of the answer to a block that begins at address
// from. Data is as Bus.Read gives it. A value that the product marks as "there is
// none" is not-present; one that the sensor cannot measure is out-of-range; a
// state without a name is kept, but uncertain. Pure.
func decode(p *maps.Point, from uint16, data []byte) (point.Value, point.Quality) {
	at := int(p.Address) - int(from)
	if p.Table.Bits() {
		if at < 0 || at/8 >= len(data) {
			return point.Value{}, point.BadBecause(point.CommFailure)
		}
		return point.OfBool(data[at/8]>>(at%8)&1 == 1), point.Quality{}
	}
	if at < 0 || 2*(at+p.Width()) > len(data) {
		return point.Value{}, point.BadBecause(point.CommFailure)
	}
	return registers(p, data[2*at:])
}

// registers reads a point whose registers b begins with.
func registers(p *maps.Point, b []byte) (point.Value, point.Quality) {
	switch p.Type {
	case maps.Bit:
		return point.OfBool(word(b, 0)>>p.Bit&1 == 1), point.Quality{}
	case maps.Any:
		for i, mask := range p.Masks {
			if word(b, i)&mask != 0 {
				return point.OfBool(true), point.Quality{}
			}
		}
		return point.OfBool(false), point.Quality{}
	case maps.ASCII:
		return text(b[:2*p.Width()])
	}
	return p.Value(rawOf(p, b))
}

// text of nothing but spaces and zeros is one that the device does not have.
func text(b []byte) (point.Value, point.Quality) {
	s := maps.Text(b)
	if s == "" {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	return point.OfText(s), point.Quality{}
}

func word(b []byte, i int) uint16 { return uint16(b[2*i])<<8 | uint16(b[2*i+1]) }

// rawOf is the bit pattern of a number, low-aligned.
func rawOf(p *maps.Point, b []byte) uint32 {
	if p.Width() == 1 {
		return uint32(word(b, 0))
	}
	high, low := word(b, 0), word(b, 1)
	if p.LowFirst {
		high, low = low, high
	}
	return uint32(high)<<16 | uint32(low)
}
