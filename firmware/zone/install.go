package zone

import (
	"fmt"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Reload swaps in another definition: what keeps its id (or names the former
// one by Was) keeps its state and timers. With errors nothing changes. A
// partition that vanishes while armed is recorded.
func (p *Panel) Reload(now point.Instant, d Definition) []error {
	d, errs := clean(d)
	if len(errs) > 0 {
		return errs
	}
	p.endWalk(now, "box")
	old := *p
	p.version++
	p.install(d, &old)
	if !d.Consent {
		p.endConsent(now, "box")
	}
	p.touchAll(&old)
	p.touchAll(p)
	for _, a := range old.partitions {
		if a.adopted || a.mode == Disarmed {
			continue
		}
		p.record(now, event.Record{Type: event.PartitionDisarmed, Subject: "partition/" + a.ID, Actor: "box",
			Text: point.Words{Zh: title(a.Label, a.ID).Zh + " 已从配置中删除", En: title(a.Label, a.ID).En + " removed by configuration"}})
	}
	for _, z := range p.zones {
		p.judge(now, z)
	}
	p.heed(now)
	for _, d := range p.doors {
		if d.known {
			p.tellDoor(d, true)
		}
	}
	return nil
}

// clean leaves out what cannot work and says so.
func clean(d Definition) (Definition, []error) {
	var errs []error
	seen := map[string]bool{}
	ok := func(kind, id string, faults ...string) bool {
		switch {
		case id == "":
			faults = append(faults, "has no id")
		case seen[kind+id]:
			faults = append(faults, "is there twice")
		}
		faults = slices.DeleteFunc(faults, func(s string) bool { return s == "" })
		seen[kind+id] = true
		for _, f := range faults {
			errs = append(errs, fmt.Errorf("%s %q: %s", kind, id, f))
		}
		return len(faults) == 0
	}
	out := Definition{Admit: d.Admit, Calendars: d.Calendars, Rooms: d.Rooms, Consent: d.Consent, Replay: d.Replay}
	for _, a := range d.Partitions {
		if ok("partition", a.ID, when(a.ExitDelay < 0 || a.EntryDelay < 0, "has a negative delay")) {
			out.Partitions = append(out.Partitions, a)
		}
	}
	for _, z := range d.Zones {
		if ok("zone", z.ID, zoneFaults(z, out.Partitions)...) {
			out.Zones = append(out.Zones, z)
		}
	}
	for _, x := range d.Doors {
		if ok("door", x.ID, when(x.Contact == "", "has no contact"), when(x.Unlock <= 0 || x.HeldOpen <= 0, "has no time to open or to stay open")) {
			out.Doors = append(out.Doors, x)
		}
	}
	return out, errs
}

func when(is bool, fault string) string {
	if is {
		return fault
	}
	return ""
}

func zoneFaults(z Zone, partitions []Partition) []string {
	has := slices.ContainsFunc(partitions, func(a Partition) bool { return a.ID == z.Partition })
	return []string{
		when(z.Input == "", "has no input"),
		when(traits[z.Type].priority == 0, fmt.Sprintf("has the unknown type %q", z.Type)),
		loopFault(z.Loop),
		when(traits[z.Type].armed && !has, fmt.Sprintf("has no partition: %q", z.Partition)),
	}
}

func loopFault(l *Loop) string {
	if l == nil {
		return ""
	}
	if err := l.Check(); err != nil {
		return err.Error()
	}
	return ""
}

// install makes the parts of a definition, each with the state of its
// namesake in old.
func (p *Panel) install(d Definition, old *Panel) {
	p.definition = d
	p.inputs, p.readers = takers{}, takers{}
	p.zones, p.partitions, p.doors = nil, nil, nil
	for _, x := range d.Partitions {
		p.partitions = append(p.partitions, adoptArea(x, old.partitions))
	}
	for _, x := range d.Zones {
		z := adoptLoop(x, old.zones)
		z.area = nil
		for _, a := range p.partitions {
			if traits[x.Type].armed && a.ID == x.Partition {
				z.area = a
				a.zones = append(a.zones, z)
			}
		}
		p.zones = append(p.zones, z)
		p.inputs.listen(x.Input, func(now point.Instant, s point.Sample) { p.read(now, z, s) })
		p.inputs.listen(x.Tamper, func(now point.Instant, s point.Sample) { p.tamper(now, z, s) })
	}
	for _, x := range d.Doors {
		p.installDoor(adoptDoor(x, old.doors))
	}
	p.installPlaces(old.places)
}
