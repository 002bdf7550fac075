package modbus

import (
	"bytes"
	"encoding/binary"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// Reading is what another master asked for and got.
type Reading struct {
	Unit    uint8
	Table   maps.Table
	Address uint16
	Count   int    // registers, or bits
	Data    []byte // as Bus.Read gives it
}

// Overhearing puts the requests and the answers of another master together: an
// answer does not say what it answers. The zero value is ready; one goroutine.
type Overhearing struct{ asked []byte }

// Hear takes the next sound frame on the line; ok when it answers the one before.
func (o *Overhearing) Hear(frame []byte) (r Reading, ok bool) {
	asked := o.asked
	o.asked = nil
	if e, known := expecting(asked); known && e.reads && len(frame) == e.length && bytes.HasPrefix(frame, e.head) && sound(frame) {
		return Reading{asked[0], maps.Table(asked[1]), binary.BigEndian.Uint16(asked[2:]), int(binary.BigEndian.Uint16(asked[4:])), bytes.Clone(frame[3 : len(frame)-2])}, true
	}
	if len(frame) == 8 && frame[1] >= 1 && frame[1] <= 4 && sound(frame) {
		o.asked = bytes.Clone(frame)
	}
	return r, false
}

// Value reads one point out of registers and bits that were overheard; known is
// false when not all that it needs was. Pure.
func Value(p *maps.Point, heard func(maps.Table, uint16) (uint16, bool)) (v point.Value, q point.Quality, known bool) {
	var data []byte
	for i := range p.Width() {
		w, there := heard(p.Table, p.Address+uint16(i))
		if !there {
			return v, q, false
		}
		if p.Table.Bits() {
			data = append(data, byte(w&1))
			continue
		}
		data = binary.BigEndian.AppendUint16(data, w)
	}
	v, q = decode(p, p.Address, data)
	return v, q, true
}
