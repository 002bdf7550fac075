package registers

import (
	"sync/atomic"

	"watchbox/firmware/config"
	"watchbox/firmware/discreet"
	"watchbox/firmware/engine"
)

// Table is the layout for one site. Any goroutine may use it.
type Table struct {
	points     [numbers]*config.NumberedPoint // by number; nil is free
	partitions [partitions]string
	kept       config.Kept
	last       atomic.Pointer[Image]
}

// New makes the table of a site that was validated and has the section.
func New(site *config.Site) *Table {
	t := &Table{kept: site.Kept()}
	for _, p := range site.ModbusServer.Points {
		t.points[p.Number] = &p
	}
	for _, p := range site.ModbusServer.Partitions {
		t.partitions[p.Number] = p.Partition
	}
	return t
}

// Image is the table filled with one moment of the box: what it tells belongs
// together. It never changes.
type Image struct {
	table *Table
	from  *engine.View // as it was given
	view  *engine.View // without silent alarms: nobody logs in here
	box   box
}

// At fills the table. The view is not nil. It costs little as long as the view is
// the same.
func (t *Table) At(v *engine.View) *Image {
	if i := t.last.Load(); i != nil && i.from == v {
		return i
	}
	i := &Image{table: t, from: v, view: discreet.View(v, t.kept)}
	i.box = boxOf(i.view)
	t.last.Store(i)
	return i
}

// Registers are n words from the address on; ok is false where not all exist.
func (i *Image) Registers(address, n int) (words []uint16, ok bool) {
	for a := address; a < address+n; a++ {
		w, exists := i.register(a)
		if !exists {
			return nil, false
		}
		words = append(words, w)
	}
	return words, true
}

// Bits are n bits from the address on; ok is false where not all exist.
func (i *Image) Bits(address, n int) (bits []bool, ok bool) {
	for a := address; a < address+n; a++ {
		b, exists := i.bit(a)
		if !exists {
			return nil, false
		}
		bits = append(bits, b)
	}
	return bits, true
}

func (i *Image) register(a int) (w uint16, exists bool) {
	switch {
	case 0 <= a && a < boxEnd:
		return i.boxRegister(a), true
	case statusAt <= a && a < statusAt+numbers:
		return i.status(a - statusAt), true
	case scaledAt <= a && a < scaledAt+numbers:
		return i.scaled(a - scaledAt), true
	case floatAt <= a && a < floatAt+2*numbers:
		return uint16(i.float((a-floatAt)/2) >> (16 * (1 - a%2))), true // high word first
	}
	return 0, false
}

func (i *Image) bit(a int) (on, exists bool) {
	switch {
	case 0 <= a && a < boxEnd:
		return i.box.bits[a], true
	case truthAt <= a && a < truthAt+numbers:
		f, ok := i.value(a - truthAt)
		return ok && f != 0, true
	case usableAt <= a && a < usableAt+numbers:
		_, ok := i.value(a - usableAt)
		return ok, true
	}
	return false, false
}

func (i *Image) value(number int) (f float64, ok bool) {
	p := i.table.points[number]
	if p == nil {
		return 0, false
	}
	return value(i.view.Points.Get(p.Point))
}

func (i *Image) status(number int) uint16 {
	p := i.table.points[number]
	if p == nil {
		return unassigned
	}
	return quality(i.view.Points.Get(p.Point))
}

func (i *Image) scaled(number int) uint16 {
	f, ok := i.value(number)
	if !ok {
		return noScaled
	}
	return scaled(f, i.table.points[number].Scale)
}

func (i *Image) float(number int) uint32 {
	f, ok := i.value(number)
	if !ok {
		return noFloat
	}
	return float(f)
}
