package ydt1363

import (
	"bytes"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// Reading is what another master asked for and got.
type Reading struct {
	Address, Class byte
	maps.Question
	Info []byte
}

// Overhearing puts the questions and the answers of another master together. The
// zero value is ready; one goroutine.
type Overhearing struct {
	asked   message
	waiting bool
}

// Hear takes the next sound frame on the line; ok when it answers the one before,
// and not with an error.
func (o *Overhearing) Hear(frame []byte) (r Reading, ok bool) {
	m, n, _ := decode(frame)
	if n == 0 {
		return r, false
	}
	asked, waiting := o.asked, o.waiting
	o.asked, o.waiting = m, m.command >= 0x41 && !maps.Orders(m.command) // what it orders is no reading
	if !waiting || m.address != asked.address || m.class != asked.class || m.command != 0 {
		return r, false
	}
	o.waiting = false
	return Reading{m.address, m.class, maps.Question{Command: asked.command, Ask: string(asked.info)}, bytes.Clone(m.info)}, true
}

// Value reads one point out of the bytes of INFO that its command was answered. Pure.
func Value(p *maps.Point, info []byte) (point.Value, point.Quality) { return value(p, info) }
