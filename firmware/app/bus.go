package app

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/scan"
)

// buses tells a dead wire from dead devices: when the wire is gone, or nobody on
// it answers any more, that is one alarm, and it explains the silence of each
// device on it.
type buses struct {
	mutex  sync.Mutex
	of     map[string]string          // bus of each device
	silent map[string]map[string]bool // devices of each bus: those that are silent are true
	cut    map[string]error           // the wire itself was reported gone, and nobody has answered since
	unread map[string]bool            // devices whose own map is lost: nobody asks them, and they say nothing about the wire
	hung   map[string]string          // by the alarm's key: the device whose call holds up the wire
	tell   func(key string, err error)
}

func busKey(id string) string { return "bus/" + id }

var errNobody = errors.New("no device on this bus answers")

// errHung is a call that does not come back: nobody else gets a turn on that wire.
var errHung = errors.New("a call has not come back by its deadline")

func newBuses(site *config.Site, tell func(string, error)) *buses {
	b := &buses{tell: tell, unread: map[string]bool{}, hung: map[string]string{}}
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
	maps.DeleteFunc(b.hung, func(key, id string) bool {
		there := slices.ContainsFunc(site.Devices, func(d config.Device) bool { return d.ID == id })
		return !there || key != deviceKey(id) && key != busKey(b.of[id])
	})
}

// device notes how a device is and tells how its wire is. err nil: it answers.
func (b *buses) device(id string, err error) {
	b.mutex.Lock()
	bus, shared := b.of[id]
	if !shared {
		b.mutex.Unlock()
		return
	}
	var lost *driver.LostMap
	b.silent[bus][id], b.unread[id] = err != nil, errors.As(err, &lost)
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

// hangs notes whether a call to the device holds up its wire, and tells a change. A
// wire of the device's own has no alarm but the device's.
func (b *buses) hangs(s scan.DeviceState) {
	b.mutex.Lock()
	key := deviceKey(s.ID)
	bus, shared := b.of[s.ID]
	if shared {
		key = busKey(bus)
	}
	if (b.hung[key] == s.ID) == s.Hung {
		b.mutex.Unlock()
		return
	}
	delete(b.hung, key)
	var verdict error
	switch {
	case s.Hung:
		b.hung[key] = s.ID
		verdict = fmt.Errorf("device %s: %w", s.ID, errHung)
	case shared:
		verdict = b.verdict(bus)
	case !s.OK:
		verdict = cmp.Or(s.Err, driver.ErrTimeout) // it came back with nothing
	}
	b.mutex.Unlock()
	b.tell(key, verdict)
}

// standing lists the keys of the wires that a call holds up, in order.
func (b *buses) standing() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Sorted(maps.Keys(b.hung))
}

// verdict is what is wrong with the wire. One silent device alone says nothing
// about it.
func (b *buses) verdict(bus string) error {
	if id := b.hung[busKey(bus)]; id != "" {
		return fmt.Errorf("device %s: %w", id, errHung)
	}
	if err := b.cut[bus]; err != nil {
		return err
	}
	asked := 0
	for id, silent := range b.silent[bus] {
		switch {
		case b.unread[id]:
		case !silent:
			return nil
		default:
			asked++
		}
	}
	if asked < 2 {
		return nil
	}
	return errNobody
}
