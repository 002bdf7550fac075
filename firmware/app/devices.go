package app

import (
	"errors"
	"sort"

	"watchbox/firmware/engine"
)

// device hears from scan that a device is well or in trouble. Never blocks.
func (a *App) device(id string, ok bool, err error) {
	if !ok && err == nil {
		err = errors.New("no answer")
	}
	if ok {
		err = nil
	}
	a.buses.device(id, err) // the cause first
	if a.troubles.set(deviceKey(id), err) && ok {
		a.outputs.repeat((*a.fitted.Load())[id].points()) // what was without power may have come back at rest
	}
}

// refreshDevices renews what the page shows of the devices, and sees which of them
// holds up its wire: the scanner that waits for a call cannot say so itself.
func (a *App) refreshDevices() {
	fitted := *a.fitted.Load()
	var list []engine.DeviceView
	for _, s := range a.scan.States() {
		f := fitted[s.ID]
		a.buses.hangs(s)
		if s.Hung {
			s.OK, s.Error = false, errHung.Error()
		}
		list = append(list, engine.DeviceView{ID: s.ID, Label: words(f.Spec.Label, s.ID), Room: f.Spec.Room, Driver: f.Spec.Driver,
			Map: f.Spec.Map, Product: f.Product, OK: s.OK, Error: s.Error, LastGood: s.LastGood, Polls: s.Polls, Failures: s.Failures})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	a.engine.SetDevices(list)
}
