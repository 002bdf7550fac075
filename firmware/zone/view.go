package zone

import "watchbox/firmware/point"

// View is the panel as it is now, in the order of the site file. It is a copy.
func (p *Panel) View() View {
	v := View{Zones: make([]ZoneView, 0, len(p.zones)), Partitions: make([]PartitionView, 0, len(p.partitions)), Doors: make([]DoorView, 0, len(p.doors))}
	for _, z := range p.zones {
		v.Zones = append(v.Zones, ZoneView{ID: z.ID, Label: title(z.Label, z.ID), Type: z.Type, Room: z.Room,
			Partition: z.Partition, State: z.state(), Bypassed: z.bypassed, Trips: z.trips, Walk: p.walkState(z)})
	}
	for _, a := range p.partitions {
		w := PartitionView{ID: a.ID, Label: title(a.Label, a.ID), Mode: a.mode, By: a.by, As: a.as, Verified: a.spell.verified, Code: a.Code}
		if p.walk != nil && p.walk.target == a.ID {
			end := point.Instant{Mono: p.walk.end}
			w.Walk = &end
		}
		if a.running() {
			end := a.deadline
			w.Deadline = &end
		}
		if a.mode == Disarmed {
			w.NotReady = a.notReady(Away)
		}
		v.Partitions = append(v.Partitions, w)
	}
	for _, d := range p.doors {
		v.Doors = append(v.Doors, DoorView{ID: d.ID, Label: title(d.Label, d.ID), Room: d.Room, State: d.state(), LastCard: d.last.Card, LastWho: d.last.Who,
			Waiting: d.waiting.who, Freed: d.freed})
	}
	v.Consent = p.consent.view(p.definition.Consent)
	v.Areas = p.areaViews()
	return v
}

// walkState is waiting or seen for a zone in a walk test.
func (p *Panel) walkState(z *loop) string {
	switch {
	case !p.testing(z):
		return ""
	case p.walk.seen[z]:
		return "seen"
	}
	return "waiting"
}
