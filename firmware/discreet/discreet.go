// Package discreet keeps silent alarms from those who must not be told of them:
// whoever threatens a person looks over his shoulder. Pure.
package discreet

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/commission"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/zone"
)

// View is the view without what the site keeps; v itself is not changed.
func View(v *engine.View, k config.Kept) *engine.View {
	d := *v
	d.Alarms = slices.DeleteFunc(slices.Clone(v.Alarms), func(a *alarm.Alarm) bool { return a.Silent || k.Alarms[a.Key] })
	for i, a := range d.Alarms {
		if k.Alarms[a.After] {
			plain := *a
			plain.After = ""
			d.Alarms[i] = &plain
		}
	}
	d.Panel.Zones = slices.DeleteFunc(slices.Clone(v.Panel.Zones), func(z zone.ZoneView) bool { return k.Zones[z.ID] })
	if len(k.Points) > 0 {
		d.Points = v.Points.Hiding(func(n point.Name) bool { return k.Points[n] })
		d.Simulations = slices.DeleteFunc(slices.Clone(v.Simulations), func(s simulation.SimulationView) bool { return k.Points[s.Point] })
		d.Checklist = slices.DeleteFunc(slices.Clone(v.Checklist), func(i *commission.ItemView) bool {
			return slices.ContainsFunc(i.Watch, func(n point.Name) bool { return k.Points[n] })
		})
		d.Inputs = slices.DeleteFunc(slices.Clone(v.Inputs), func(in engine.InputView) bool { return k.Points[in.Point] })
		d.Outputs = slices.Clone(v.Outputs)
		for i := range d.Outputs {
			d.Outputs[i].On = d.Outputs[i].On && !k.Points[d.Outputs[i].Output]
		}
	}
	return &d
}
