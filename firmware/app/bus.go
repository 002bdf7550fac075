package app

import (
	"errors"
	"sync"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
)

// buses tells a dead wire from dead devices: when the wire is gone, or nobody on
// it answers any more, that is one alarm, and it explains the silence of each
// device on it.
type buses struct {
	mutex  sync.Mutex
	of     map[string]string          // bus of each device
	silent map[string]map[string]bool // devices of each bus: those that are silent are true
	cut    map[string]error           // the wire itself was reported gone, and nobody has answered since
	tell   func(key string, err error)
}

func busKey(id string) string { return "bus/" + id }

var errNobody = errors.New("no device on this bus answers")

func newBuses(site *config.Site, tell func(string, error)) *buses {
	b := &buses{tell: tell}
	b.reload(site)
	return b
}

// reload takes the buses of a new site; what was known of devices that stay holds.
func (b *buses) reload(site *config.Site) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	old := b.silent
	b.of, b.silent, b.cut = map[string]string{}, map[string]map[string]bool{}, map[string]error{}
	for _, d := range site.Devices {
		if d.Bus == "" {
			continue
		}
		b.of[d.ID] = d.Bus
		if b.silent[d.Bus] == nil {
			b.silent[d.Bus] = map[string]bool{}
		}
		b.silent[d.Bus][d.ID] = old[d.Bus][d.ID]
	}
}

// device notes how a device is and tells how its wire is. err nil: it answers.
func (b *buses) device(id string, err error) {
	b.mutex.Lock()
	bus, shared := b.of[id]
	if !shared {
		b.mutex.Unlock()
		return
	}
	b.silent[bus][id] = err != nil
	switch {
	case err == nil:
		delete(b.cut, bus)
	case errors.Is(err, driver.ErrDisconnect):
		b.cut[bus] = err
	}
	verdict := b.verdict(bus)
	b.mutex.Unlock()
	b.tell(busKey(bus), verdict)
}

// verdict is what is wrong with the wire. One silent device alone says nothing
// about it.
func (b *buses) verdict(bus string) error {
	if err := b.cut[bus]; err != nil {
		return err
	}
	if len(b.silent[bus]) < 2 {
		return nil
	}
	for _, silent := range b.silent[bus] {
		if !silent {
			return nil
		}
	}
	return errNobody
}
