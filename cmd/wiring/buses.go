package wiring

import (
	"cmp"
	"slices"
	"sync"

	"watchbox/board"
	"watchbox/drivers/all/survey"
	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// wire is one serial pair, with what its protocols share among their devices.
type wire struct {
	pair   *pair.Pair
	modbus *modbus.Bus
}

// buses are the serial pairs, one for each shape that a site file gave them. A bus
// that a reload changed is another bus: when it opens the terminal, the one that
// had it before is closed. Until then the old one lives on, as it must when the
// reload is refused after all. Any goroutine.
type buses struct {
	mutex sync.Mutex
	made  map[config.Bus]*wire
	holds map[string]config.Bus // by terminal or address: who opened it last
}

func newBuses() *buses {
	return &buses{made: map[config.Bus]*wire{}, holds: map[string]config.Bus{}}
}

// of is the bus of that name as the site file shapes it, shared by its devices;
// nil when there is none.
func (b *buses) of(site *config.Site, p *board.Profile, name string) *wire {
	for _, shape := range site.Buses {
		if shape.ID == name {
			return b.shaped(shape, p)
		}
	}
	return nil
}

func (b *buses) shaped(shape config.Bus, p *board.Profile) *wire {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if w := b.made[shape]; w != nil {
		return w
	}
	line := lineOf(shape)
	newPair, where := pair.New, shape.Terminal
	if shape.Address != "" {
		newPair, where = pair.NewRemote, shape.Address
	}
	open, err := opener(p, where, line, false)
	w := &wire{pair: newPair(shape.ID, func() (driver.Port, error) {
		if err != nil {
			return nil, err
		}
		b.yield(where, &shape)
		return open()
	}, line)}
	if shape.MixedSpeed == "accepted" {
		w.pair.Mix()
	}
	w.modbus = modbus.NewRTU(shape.ID, w.pair)
	b.made[shape] = w
	return w
}

// Survey prepares a search of a bus of the site; it touches no wire. Any goroutine.
func (b *Builder) Survey(site *config.Site, name string, o bus.Order) (bus.Search, error) {
	i := slices.IndexFunc(site.Buses, func(c config.Bus) bool { return c.ID == name })
	if i < 0 {
		return nil, driver.Fail(driver.ErrUnsupported, "bus %q: the site has none of that name", name)
	}
	p, err := board.Load(site.Board)
	if err != nil {
		return nil, err
	}
	shape := site.Buses[i]
	if port, ok := p.Port(shape.Terminal); shape.Address == "" && (!ok || portKind(port) != "serial") {
		return nil, driver.Fail(driver.ErrUnsupported, "bus %s: only a serial one can be searched", name)
	}
	w := survey.Wire{Name: name, Shape: lineOf(shape), Devices: map[bus.Slave]string{}, Maps: b.set.Load(), Address: shape.Address}
	for _, d := range site.Devices {
		if d.Bus == name {
			w.Devices[bus.Slave{Protocol: d.Driver, Unit: d.Unit}] = d.ID
		}
	}
	if len(w.Devices) > 0 {
		own := b.buses.of(site, p, name)
		w.Own = survey.Line{Pair: own.pair, Modbus: own.modbus}
	}
	where := cmp.Or(shape.Address, shape.Terminal)
	w.Open = func(l driver.Line) (driver.Port, error) {
		open, err := opener(p, where, l, false)
		if err != nil {
			return nil, err
		}
		b.buses.yield(where, nil)
		return open()
	}
	return survey.New(w, o)
}

func lineOf(b config.Bus) driver.Line {
	return driver.Line{Baud: b.Baud, Parity: b.Parity, StopBits: b.StopBits}
}

// yield closes the bus that has the terminal open, unless it is the one that
// asks; nil stands for whatever is no bus.
func (b *buses) yield(terminal string, to *config.Bus) {
	b.mutex.Lock()
	holder, held := b.holds[terminal]
	delete(b.holds, terminal)
	if to != nil {
		b.holds[terminal] = *to
	}
	var old *wire
	if held && (to == nil || holder != *to) {
		old = b.made[holder]
		delete(b.made, holder)
	}
	b.mutex.Unlock()
	if old != nil {
		old.pair.Close() // waits for a running exchange; nothing is lost when it fails
	}
}
