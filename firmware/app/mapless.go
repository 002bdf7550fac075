package app

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// mapless tells whoever is called about a device whose own map is lost what is to be
// done: its wiring is well, and the wire is not the cause.
func mapless(list []alarm.Definition, f Fittings) []alarm.Definition {
	for _, d := range f.Devices {
		i := slices.IndexFunc(list, func(a alarm.Definition) bool { return a.Key == deviceKey(d.Spec.ID) })
		if d.Lost == nil || i < 0 {
			continue
		}
		name := words(d.Spec.Label, d.Spec.ID)
		list[i].Label = point.Words{Zh: name.Zh + " 缺设备点表", En: name.En + ": its map is lost"}
		list[i].Instruction = d.Lost.Remedy(name)
		list[i].Causes, list[i].OnDelay = nil, 0
	}
	return list
}
