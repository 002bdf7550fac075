package wiring

import (
	"sync"

	"watchbox/board"
	"watchbox/drivers/modbus"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// buses are the RTU buses, one for each shape that a site file gave them. A bus
// that a reload changed is another bus: when it opens the terminal, the one that
// had it before is closed. Until then the old one lives on, as it must when the
// reload is refused after all. Any goroutine.
type buses struct {
	mutex sync.Mutex
	made  map[config.Bus]*modbus.Bus
	holds map[string]config.Bus // by terminal: who opened it last
}

func newBuses() *buses {
	return &buses{made: map[config.Bus]*modbus.Bus{}, holds: map[string]config.Bus{}}
}

// of is the bus of that name as the site file shapes it, shared by its devices;
// nil when there is none.
func (b *buses) of(site *config.Site, p *board.Profile, name string) *modbus.Bus {
	for _, shape := range site.Buses {
		if shape.ID == name {
			return b.shaped(shape, p)
		}
	}
	return nil
}

func (b *buses) shaped(shape config.Bus, p *board.Profile) *modbus.Bus {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if bus := b.made[shape]; bus != nil {
		return bus
	}
	line := driver.Line{Baud: shape.Baud, Parity: shape.Parity, StopBits: shape.StopBits}
	open, err := opener(p, shape.Terminal, line, false)
	b.made[shape] = modbus.NewRTU(shape.ID, func() (driver.Port, error) {
		if err != nil {
			return nil, err
		}
		b.yield(shape.Terminal, &shape)
		return open()
	}, line)
	return b.made[shape]
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
	var old *modbus.Bus
	if held && (to == nil || holder != *to) {
		old = b.made[holder]
		delete(b.made, holder)
	}
	b.mutex.Unlock()
	if old != nil {
		old.Close() // waits for a running exchange; nothing is lost when it fails
	}
}
