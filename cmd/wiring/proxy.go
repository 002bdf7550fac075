package wiring

import (
	"context"
	"fmt"
	"time"

	"watchbox/board"
	"watchbox/drivers/all"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbusserver"
	"watchbox/drivers/pair"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/scan"
)

// turnLimit is how long another master's request waits for its turn: most masters
// give up after one to three seconds.
const turnLimit = 2 * time.Second

// guestLine is a bus of the box as other masters may ask on it.
type guestLine struct {
	bus     *modbus.Bus
	guest   *scan.Guest
	manners map[byte]modbus.Manners // of each unit that is passed on
}

// Line finds the bus of an entry of modbus-proxy. Its units are asked as gently as the
// box asks them itself.
func (b *Builder) Line(site *config.Site, m *config.ModbusProxy, guests modbusserver.Guests) (modbusserver.Line, error) {
	profile, err := board.Load(site.Board)
	if err != nil {
		return nil, err
	}
	w := b.buses.of(site, profile, m.Bus)
	if w == nil {
		return nil, fmt.Errorf("the site has no bus %q", m.Bus)
	}
	l := &guestLine{bus: w.modbus, guest: guests(m.Bus, m.Share), manners: map[byte]modbus.Manners{}}
	for _, unit := range m.Units {
		l.manners[byte(unit)] = modbus.Manners{Timeout: m.Reply, Worst: m.Reply}
	}
	e := b.environment(site, profile, deaf{})
	for _, d := range site.Devices {
		if d.Bus != m.Bus || d.Driver != "modbus-rtu" {
			continue
		}
		made, err := all.Device(specOf(d), d.Bus, e)
		if err != nil {
			return nil, err
		}
		// A device whose map is lost is on the wire as ever, and another master may need it
		// the more; of its manners nobody knows, as of a unit that only others know.
		l.manners[byte(d.Unit)] = modbus.Manners{Timeout: m.Reply, Worst: m.Reply}
		if known, ok := made.Device.(*modbus.Device); ok {
			l.manners[byte(d.Unit)] = known.Manners()
		}
	}
	return l, nil
}

// Port opens the terminal on which an old master stands.
func (b *Builder) Port(site *config.Site, m *config.ModbusProxy) (open func() (driver.Port, error), char time.Duration, err error) {
	profile, err := board.Load(site.Board)
	if err != nil {
		return nil, 0, err
	}
	line := driver.Line{Baud: m.Baud, Parity: m.Parity}
	open, err = b.environment(site, profile, deaf{}).Port(m.Terminal, line, false)
	return open, pair.PaceOf(line).Char, err
}

// Has meets modbusserver.Line.
func (l *guestLine) Has(unit byte) bool { _, has := l.manners[unit]; return has }

// Ask meets modbusserver.Line: the exchange is made by the goroutine of the bus.
func (l *guestLine) Ask(unit byte, request []byte) (answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), turnLimit)
	defer cancel()
	m := l.manners[unit]
	err = l.guest.Do(ctx, l.bus.Reach(m), func(ctx context.Context) error {
		var err error
		answer, err = l.bus.Ask(ctx, unit, m, request)
		return err
	})
	return answer, err
}
