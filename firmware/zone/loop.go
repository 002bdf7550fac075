package zone

import (
	"watchbox/firmware/point"
)

// loop is one zone with its state.
type loop struct {
	Zone
	area *area // that arms it; nil for a 24-hour zone

	known    bool // read at least once
	violated bool // the last usable reading was not at rest
	trouble  bool // the last reading was bad
	bypassed bool // until the next disarm
	entered  bool // began the entry delay that runs
	missed   bool // its entry delay ran out: alarm until disarmed, whatever the contact shows
	told     bool // what the alarm machine was told last
	everTold bool
}

func adoptLoop(x Zone, old []*loop) *loop {
	for _, id := range []string{x.ID, x.Was} {
		for _, z := range old {
			if id == "" || z.ID != id {
				continue
			}
			keep := *z
			keep.Zone, keep.everTold = x, false
			if z.Input != x.Input || z.Type != x.Type {
				keep = loop{Zone: x, bypassed: z.bypassed && traits[x.Type].armed}
			}
			return &keep
		}
	}
	return &loop{Zone: x}
}

// read takes a sample of the zone's contact.
func (p *Panel) read(now point.Instant, z *loop, s point.Sample) {
	bad := !s.Quality.Usable() || s.Value.IsNone()
	if bad != z.trouble || !z.known {
		z.trouble = bad
		p.signal(z.key()+"/trouble", bad, point.Words{})
	}
	if bad {
		return // what was violated stays so
	}
	before := z.violated && z.known
	z.known, z.violated = true, s.Value.Truth()
	if z.violated && !before {
		p.trip(now, z)
	}
	p.judge(now, z)
}

// trip is a zone that leaves its rest: on the entry route of an armed partition
// it starts the entry delay.
func (p *Panel) trip(now point.Instant, z *loop) {
	if z.Type != "entry" || z.area == nil || z.bypassed {
		return
	}
	switch z.area.mode {
	case Armed:
		p.enter(now, z.area, z)
	case Entering:
		z.entered = true
		p.dirty["zone:"+z.ID] = true
	}
}

// alarming is whether the zone's condition is an alarm now.
func (z *loop) alarming() bool {
	switch {
	case z.area == nil:
		return z.violated
	case z.bypassed, z.area.mode == Disarmed, z.area.mode == Exiting:
		return false
	case z.Type == "entry":
		return z.missed
	case z.Type == "follower" && z.area.mode == Entering:
		return z.violated && z.told // it was an alarm before somebody came in by the door
	}
	return z.violated
}

// judge tells the alarm machine what changed.
func (p *Panel) judge(_ point.Instant, z *loop) {
	active := z.alarming()
	if !z.everTold && !z.known && !active || z.everTold && active == z.told {
		return
	}
	z.told, z.everTold = active, true
	p.signal(z.key(), active, point.Words{})
}

// judgeAll judges every zone of a partition whose mode has changed.
func (p *Panel) judgeAll(now point.Instant, a *area) {
	for _, z := range a.zones {
		p.judge(now, z)
	}
}

// state is normal, alarm or trouble.
func (z *loop) state() string {
	switch {
	case z.violated && z.known, z.missed:
		return "alarm"
	case z.trouble, !z.known:
		return "trouble"
	}
	return "normal"
}
