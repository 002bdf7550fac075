package conformance

import (
	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// The box's outlet and recorder: everything is kept.

func (r *rig) Record(b event.Batch) {
	r.journal = append(r.journal, b.Records...)
	for _, k := range b.Retained {
		if r.retained[k.Key] = k.Value; k.Value == nil {
			delete(r.retained, k.Key)
		}
	}
}

func (r *rig) Levels(levels []annunciate.Level) {
	for _, l := range levels {
		r.levels[l.Output] = l.On
		if l.On {
			r.sounded[l.Output] = r.now.Mono
		}
	}
}

func (r *rig) Picture(p annunciate.Picture) { r.picture = p }

func (r *rig) Pulse(zone.Pulse) { r.pulses++ }

func (r *rig) Changes(list []alarm.Change) {
	r.changes = append(r.changes, list...)
	for _, c := range list {
		if r.people.desk != nil {
			r.people.desk.Change(r.now, c)
		}
	}
}

func (r *rig) Sample(point.Sample) {}

// Write is a driver that takes every value at once.
func (r *rig) Write(p point.Name, v point.Value) { r.Answered(p, v, r.now, nil) }
