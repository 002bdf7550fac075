package app

import (
	"slices"
	"strings"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/config"
)

// wire is one wire with those who are asked on it.
type wire struct {
	monitor *bus.Monitor
	owners  map[bus.Slave][]string
}

// wires are the wires that show their frames, by name: buses of the site file, and
// devices that have one of their own. Never blocks.
func (a *App) wires() map[string]*wire {
	all := map[string]*wire{}
	for id, f := range *a.fitted.Load() {
		d, ok := f.Device.(bus.Monitored)
		if !ok {
			continue
		}
		name := f.Spec.Bus
		if name == "" {
			name = id
		}
		w := all[name]
		if w == nil {
			w = &wire{d.Monitor(), map[bus.Slave][]string{}}
			all[name] = w
		}
		s := slaveOf(f.Spec)
		w.owners[s] = append(w.owners[s], id)
	}
	return all
}

func slaveOf(d config.Device) bus.Slave { return bus.Slave{Protocol: d.Driver, Unit: d.Unit} }

// Buses is the health of each wire, by name. Never blocks.
func (a *App) Buses() []bus.Health {
	now := time.Now()
	list := []bus.Health{}
	for name, w := range a.wires() {
		h := w.monitor.Health(now, w.owners)
		h.ID, h.Searching = name, a.searches.running(name)
		list = append(list, h)
	}
	slices.SortFunc(list, func(x, y bus.Health) int { return strings.Compare(x.ID, y.ID) })
	return list
}

// Trace begins to listen to a wire; the caller closes it. Never blocks.
func (a *App) Trace(name string) (bus.Trace, error) {
	w := a.wires()[name]
	if w == nil && a.searches.running(name) { // a bus without devices
		w = &wire{monitor: a.searches.of(name).Monitor()}
	}
	if w == nil || a.options.Dissector == nil {
		return bus.Trace{}, errNoBus
	}
	ear, err := w.monitor.Listen()
	if err != nil {
		return bus.Trace{}, errEars
	}
	return bus.Trace{Ear: ear, Dissector: a.options.Dissector()}, nil
}
