package app

import (
	"sort"

	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// device hears from scan that a device is well or in trouble. Never blocks.
func (a *App) device(id string, ok bool, err error) {
	if !ok && err == nil {
		err = driver.ErrTimeout
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
			s.OK, s.Err = false, errHung
		}
		d := engine.DeviceView{ID: s.ID, Label: words(f.Spec.Label, s.ID), Room: f.Spec.Room, Driver: f.Spec.Driver,
			Map: f.Spec.Map, Product: f.Product, OK: s.OK, LastGood: s.LastGood, Polls: s.Polls, Failures: s.Failures}
		if s.Err != nil {
			d.Error, d.Reason = s.Err.Error(), inWords(s.Err)
		}
		list = append(list, d)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	a.engine.SetDevices(list)
}

// inWords is why a device is not well, for who is not an engineer.
func inWords(err error) point.Words {
	if w := plain(err); !w.IsZero() {
		return w
	}
	return point.Words{Zh: "读取失败", En: "cannot be read"}
}
