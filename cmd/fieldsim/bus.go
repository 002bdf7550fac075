package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"watchbox/cmd/fieldsim/room"
	table "watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair/pairtest"
	"watchbox/drivers/ydt1363/ydt1363test"
	"watchbox/firmware/driver"
)

// bus is the RS-485 bus of the machine room with its eight Modbus slaves and two
// units of YD/T 1363, at 9600 baud.
type bus struct {
	*wire
	units map[string]slave
}

// slave is one of them with what is wrong with it.
type slave interface {
	misbehave(word string) error
	fault() string
}

func newBus(path string, r *room.Room) (*bus, error) {
	p := modbustest.New()
	b := &bus{units: map[string]slave{}}
	for n := range 4 {
		u := newUnit(p, uint8(n+1), table.Holding, upsBank(n), r)
		u.Zero(table.Holding, 0, 1<<16) // its paper: what is not defined reads 0
		u.Turnaround(30 * time.Millisecond)
		b.units[fmt.Sprintf("ups%d", n+1)] = u
	}
	b.units["ac1"], b.units["ac2"] = newCooler(p, 5, 0, r), newCooler(p, 8, 1, r)
	b.units["th1"] = newUnit(p, 6, table.Input, climateBank((*room.State).ColdAisle), r)
	b.units["th2"] = newUnit(p, 7, table.Input, climateBank((*room.State).HotAisle), r)
	card := &ydt1363test.Plant{Char: at9600}
	b.units["gxe1"], b.units["station1"] = newGXE(card, r), newStationAC(card, r)
	line := driver.Line{Baud: 9600, Parity: "none", DataBits: 8, StopBits: 1}
	w, err := newWire(path, func(master *os.File) { // until the wire is cut
		pairtest.Share(master, func(w io.ReadWriter) error { return p.ServeRTU(w, line) }, card.Serve)
	})
	b.wire = w
	return b, err
}

// newCooler is precision AC n at that address. Set-points are written elsewhere
// than they are read; the thousands would be the tolerance.
func newCooler(p *modbustest.Plant, address uint8, n int, r *room.Room) *unit {
	u := newUnit(p, address, table.Holding, coolingBank(n), r)
	u.Zero(table.Holding, 0, 300)
	u.Turnaround(40 * time.Millisecond)
	u.OnWrite(table.Holding, 17, func(v uint16) bool {
		if v <= 1 {
			r.Change(func(s *room.State) { s.AC[n].Order(v == 1) })
		}
		return v <= 1
	})
	u.OnWrite(table.Holding, 349, func(v uint16) bool {
		if degrees := v % 1000; degrees >= 18 && degrees <= 29 {
			r.Change(func(s *room.State) {
				if !s.AC[n].Stuck {
					s.AC[n].SetPoint = float64(degrees)
				}
			})
			return true
		}
		return false
	})
	return u
}

func (b *bus) names() []string { return slices.Sorted(maps.Keys(b.units)) }

func (b *bus) misbehave(name, word string) error {
	u := b.units[name]
	if u == nil {
		return fmt.Errorf("slave %q: allowed %s, meter1", name, strings.Join(b.names(), ", "))
	}
	return u.misbehave(word)
}

func (b *bus) close() error { return b.cut() }
