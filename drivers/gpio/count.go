package gpio

import (
	"slices"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// describeCounter is the counter of one input: how many edges were told since
// the daemon started. Lost ones are not in it; Lost has them.
func describeCounter(spec driver.Spec, in driver.Input, t terminal) point.Point {
	label := in.Label
	if label.IsZero() {
		label = point.Words{Zh: t.name, En: t.name}
	}
	p := point.Point{Name: t.counter, Kind: point.Count, Room: in.Room, Source: "terminal " + t.name,
		Label: point.Words{Zh: label.In("zh") + " · 动作次数", En: label.In("en") + ": edges"}}
	if p.Room == "" {
		p.Room = spec.Room
	}
	return p
}

// emitCount tells a counter as it stands. The caller holds order.
func (d *Device) emitCount(t terminal, like point.Sample, emit driver.Emit) {
	emit(point.Sample{Point: t.counter, Value: point.OfCount(d.tallies[t.name].Edges), Quality: like.Quality, At: like.At})
}

// tell notes what is known of an input. The caller holds order.
func (d *Device) tell(t terminal, note func(c *driver.Contact)) {
	c := d.tallies[t.name]
	note(&c)
	d.tallies[t.name] = c
}

// Contacts lists the inputs in the order of the specification: level, edges and
// what was lost of them since New. It never waits for a wire.
func (d *Device) Contacts() []driver.Contact {
	d.order.Lock()
	defer d.order.Unlock()
	list := make([]driver.Contact, 0, len(d.inputs))
	for _, t := range d.inputs {
		c := d.tallies[t.name]
		c.Terminal, c.Point = t.name, t.point
		list = append(list, c)
	}
	return list
}

// Lines lists the terminals that were read since New, and what is wrong with
// each, in the order of the specification. It never waits for a wire.
func (d *Device) Lines() []driver.LineState {
	d.order.Lock()
	defer d.order.Unlock()
	var list []driver.LineState
	for _, t := range slices.Concat(d.inputs, d.outputs) {
		if fault, read := d.faults[t.name]; read {
			list = append(list, driver.LineState{Terminal: t.name, Point: t.point, Fault: fault})
		}
	}
	return list
}
