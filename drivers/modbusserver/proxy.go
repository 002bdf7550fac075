package modbusserver

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/event"
	"watchbox/firmware/scan"
)

// Line is a bus as other masters may ask on it.
type Line interface {
	// Has is true for a unit that is passed on.
	Has(unit byte) bool
	// Ask makes one exchange when its turn comes, and gives the unit's own answer, an
	// exception too; both begin with the function. scan.ErrNoTurn when it was never
	// made; with any other error the unit may have heard. Blocks within bounds.
	Ask(unit byte, request []byte) ([]byte, error)
}

// Guests gives others a share of a bus: scan.Scanner's Guest.
type Guests = func(bus string, share int) *scan.Guest

// Wires finds what an entry of the site file names.
type Wires interface {
	// Line is the bus.
	Line(site *config.Site, m *config.ModbusProxy, guests Guests) (Line, error)
	// Port opens the terminal on which an old master stands; char is how long a
	// character takes there.
	Port(site *config.Site, m *config.ModbusProxy) (open func() (driver.Port, error), char time.Duration, err error)
}

// Proxy lets other masters ask the devices of a bus: by Modbus TCP at a port for each
// bus, or on a serial line of their own by Modbus RTU. It is off until Serve gets a site
// that asks for it. Serve is called by one goroutine.
//
// Whoever asks can tell who speaks: 0AH is the box's own "not passed on" (not a unit
// of this bus, not allowed, no time left; nothing went over the wire), 0BH is silence
// on the wire, 03H a request that is none; every other exception is the device's. Reads
// go over the wire, each: what the box remembers it tells at its own server.
type Proxy struct {
	log   driver.Log
	wires Wires
	site  *config.Site
	doors map[string]*door // by bus
}

// door is where the masters of one bus ask.
type door struct {
	where config.Where
	end   interface{ close() }
	bus   atomic.Pointer[proxied] // as the site file has it now
}

// NewProxy makes one without an open port. log is for engineers.
func NewProxy(log driver.Log, wires Wires) *Proxy {
	return &Proxy{log: log, wires: wires, doors: map[string]*door{}}
}

// Serve does what the site file says; nil closes. Connections end only where the port
// or those who may ask changed. open are the buses that can be asked after it. To be
// called again after an error, and when the site may have changed; it costs nothing when
// it has not. journal hears of every write, done or refused; it must not block.
func (p *Proxy) Serve(site *config.Site, guests Guests, journal func(event.Record)) (open []string, err error) {
	if site == p.site {
		return p.open(), nil
	}
	wanted := map[string]*config.ModbusProxy{}
	for i := 0; site != nil && i < len(site.ModbusProxy); i++ {
		wanted[site.ModbusProxy[i].Bus] = &site.ModbusProxy[i]
	}
	for bus, d := range p.doors {
		if m := wanted[bus]; m == nil || !reflect.DeepEqual(m.Where(), d.where) {
			p.shut(bus)
		}
	}
	var faults []error
	for _, m := range wanted {
		faults = append(faults, p.serve(site, m, guests, journal))
	}
	if err = errors.Join(faults...); err == nil {
		p.site = site
	}
	return p.open(), err
}

// serve opens the door of one bus, or puts the bus of the new site behind it.
func (p *Proxy) serve(site *config.Site, m *config.ModbusProxy, guests Guests, journal func(event.Record)) error {
	d := p.doors[m.Bus]
	line, err := p.wires.Line(site, m, guests)
	if err != nil {
		p.shut(m.Bus)
		return fmt.Errorf("modbus proxy %s: %w", m.Bus, err)
	}
	if d == nil {
		d = &door{where: m.Where()}
	}
	var before *audit
	if b := d.bus.Load(); b != nil {
		before = b.audit
	}
	d.bus.Store(&proxied{line: line, writes: m.Writes, audit: before.goOn(m.Bus, journal)})
	if d.end == nil {
		if d.end, err = p.listen(site, m, d); err != nil {
			return fmt.Errorf("modbus proxy %s: %w", m.Bus, err)
		}
		p.doors[m.Bus] = d
	}
	return nil
}

// listen opens the port, or begins to answer on the serial line.
func (p *Proxy) listen(site *config.Site, m *config.ModbusProxy, d *door) (interface{ close() }, error) {
	if m.Terminal == "" {
		port, err := listen(m.Port, m.From, d.unit, p.log)
		if err != nil {
			return nil, err // and no nil port in an interface
		}
		return port, nil
	}
	open, char, err := p.wires.Port(site, m)
	if err != nil {
		return nil, err
	}
	return listenSerial(m.Terminal, open, char, d.unit, p.log), nil
}

func (p *Proxy) shut(bus string) {
	if d := p.doors[bus]; d != nil {
		d.end.close()
		delete(p.doors, bus)
	}
}

func (p *Proxy) open() []string { return slices.Sorted(maps.Keys(p.doors)) }

// unit is who stands behind an identifier at this moment; nil for nobody.
func (d *door) unit(id byte) Unit {
	b := d.bus.Load()
	if !b.line.Has(id) {
		return nil
	}
	return &passed{b, id}
}
