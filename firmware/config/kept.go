package config

import (
	"slices"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Kept is what a site keeps from whoever must not be told of silent alarms (an
// order under duress, a silent hold-up), whether one is active or not: what is
// always missing tells nothing.
type Kept struct {
	Alarms map[string]bool // keys
	Zones  map[string]bool
	Points map[point.Name]bool
}

// Kept lists it: alarm, silent zone and its contact with its edges, and the relay
// that carries the alarm out of the room. The site may be nil.
func (s *Site) Kept() Kept {
	k := Kept{map[string]bool{}, map[string]bool{}, map[point.Name]bool{}}
	if s == nil {
		return k
	}
	for _, a := range s.Partitions {
		k.Alarms["partition/"+a.ID+"/duress"] = true
	}
	for _, z := range s.Zones {
		if z.Silent {
			k.Zones[z.ID], k.Points[z.Input] = true, true
			k.Alarms["zone/"+z.ID], k.Alarms["zone/"+z.ID+"/stuck"], k.Alarms["input/"+string(z.Input)] = true, true, true
			for _, in := range s.Inputs {
				if in.Point == z.Input {
					k.Points[driver.EdgesOf(driver.Terminals, in.Terminal)] = true
				}
			}
		}
	}
	for _, a := range s.Annunciators {
		if a.Kind == "relay" && slices.ContainsFunc(a.Alarms, func(key string) bool { return k.Alarms[key] }) {
			k.Points[a.Output], k.Points[a.Feedback] = true, true
		}
	}
	delete(k.Points, "")
	return k
}
