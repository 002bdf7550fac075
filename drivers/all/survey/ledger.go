package survey

import (
	"cmp"
	"maps"
	"slices"

	"watchbox/drivers/all"
	products "watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/bus"
)

// What is remembered of a stranger's traffic is bounded: a master reads its devices
// over and over.
const (
	mostUnits     = 64
	mostCells     = 4096 // of one unit
	mostWaiting   = 600  // bytes that are no whole frame yet
	longestPacket = 300  // what a frame that is not whole yet may still need
)

// cell is one register or one bit.
type cell struct {
	table   products.Table
	address uint16
}

// seen is what a cell held.
type seen struct {
	value, least, most uint16
	times, changes     int
}

// heardUnit is one slave of another master.
type heardUnit struct {
	slave bus.Slave
	cells map[cell]*seen
	infos map[products.Question][]byte // of YD/T 1363: the newest answer to each
	class byte
}

// ledger takes a stranger's bytes and knows his slaves.
type ledger struct {
	rest    []byte
	words   all.Dissector
	modbus  modbus.Overhearing
	telecom ydt1363.Overhearing
	units   map[bus.Slave]*heardUnit
	frames  int
}

func newLedger() *ledger { return &ledger{units: map[bus.Slave]*heardUnit{}} }

// hear takes the next bytes; a frame may be cut in two.
func (l *ledger) hear(b []byte) {
	l.rest = append(l.rest, b...)
	done := 0
	for _, line := range l.words.Lines(bus.Frame{Kind: bus.Foreign, Data: l.rest}) {
		whole := line.Check == bus.Good
		if !whole && done+len(line.Data) == len(l.rest) && len(line.Data) < longestPacket {
			break // perhaps the beginning of one
		}
		done += len(line.Data)
		if whole {
			l.frames++
			l.frame(line)
		}
	}
	l.rest = append(l.rest[:0:0], l.rest[max(done, len(l.rest)-mostWaiting):]...)
}

func (l *ledger) frame(line bus.Line) {
	if line.Protocol == bus.YDT1363 {
		if r, ok := l.telecom.Hear(line.Data); ok {
			if u := l.unit(bus.Slave{Protocol: bus.YDT1363, Unit: int(r.Address)}); u != nil {
				u.class, u.infos[r.Question] = r.Class, r.Info
			}
		}
		return
	}
	if r, ok := l.modbus.Hear(line.Data); ok {
		if u := l.unit(bus.Slave{Protocol: bus.ModbusRTU, Unit: int(r.Unit)}); u != nil {
			u.take(r)
		}
	}
}

func (l *ledger) unit(s bus.Slave) *heardUnit {
	u := l.units[s]
	if u == nil && len(l.units) < mostUnits {
		u = &heardUnit{slave: s, cells: map[cell]*seen{}, infos: map[products.Question][]byte{}}
		l.units[s] = u
	}
	return u
}

// places are the cells in their order.
func (u *heardUnit) places() []cell {
	return slices.SortedFunc(maps.Keys(u.cells), func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.address, b.address))
	})
}

func (u *heardUnit) take(r modbus.Reading) {
	for i := range r.Count {
		c := cell{r.Table, r.Address + uint16(i)}
		var v uint16
		if r.Table.Bits() {
			v = uint16(r.Data[i/8]>>(i%8)) & 1
		} else {
			v = uint16(r.Data[2*i])<<8 | uint16(r.Data[2*i+1])
		}
		s := u.cells[c]
		if s == nil {
			if len(u.cells) >= mostCells {
				return
			}
			s = &seen{value: v, least: v, most: v}
			u.cells[c] = s
		}
		if s.value != v {
			s.changes++
		}
		s.value, s.least, s.most = v, min(s.least, v), max(s.most, v)
		s.times++
	}
}
