package zone

import (
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// loop is one zone with its state.
type loop struct {
	Zone
	area *area // that arms it; nil for a 24-hour zone

	known       bool   // read at least once
	violated    bool   // the last usable reading was not at rest
	sense              // whether its contact can be read
	seen        bool   // the last reading told how the contact stands
	position    string // of a key that stays: the last one that was obeyed
	bypassed    bool   // until the next disarm
	entered     bool   // began the entry delay that runs
	missed      bool   // its entry delay ran out: alarm until disarmed, whatever the contact shows
	wire        wire   // of a supervised loop
	tamperKnown bool
	tampered    bool          // its tamper contact
	trips       int           // alarms since its partition was armed
	stuckAt     time.Duration // a panic button that is pressed is stuck from then; point.Never
	walking     bool          // a panic button in its walk test: it rings nobody
	simulated   bool          // what moved it away from rest was a simulated value
	faulty      bool          // the line, as the alarm machine was told
	feigned     feigned       // of line and tamper contact: that they were simulated
	stuck       bool
	told        bool // what the alarm machine was told last
	pretended   bool // and that it was simulated
	everTold    bool
}

// feigned tells which faults the alarm machine knows as simulated.
type feigned struct{ line, tamper bool }

func adoptLoop(x Zone, old []*loop) *loop {
	for _, id := range []string{x.ID, x.Was} {
		for _, z := range old {
			if id == "" || z.ID != id {
				continue
			}
			keep := *z
			keep.Zone, keep.everTold = x, false
			if z.Input != x.Input || z.Type != x.Type || (z.Loop == nil) != (x.Loop == nil) {
				keep = loop{Zone: x, stuckAt: point.Never, bypassed: z.bypassed && traits[x.Type].armed}
			}
			if !keep.stays() {
				keep.position = ""
			}
			return &keep
		}
	}
	return &loop{Zone: x, stuckAt: point.Never}
}

// guards tells whether the zone guards when its partition is armed so.
func (z *loop) guards(as string) bool {
	if len(z.Modes) == 0 {
		return z.Type != "follower" || as == Away || as == ""
	}
	return slices.Contains(z.Modes, as)
}

// trip is a zone that leaves its rest: on the entry route of an armed partition
// it starts the entry delay.
func (p *Panel) trip(now point.Instant, z *loop) {
	if z.Type != "entry" || z.area == nil || z.bypassed || !z.guards(z.area.as) {
		return
	}
	switch z.area.mode {
	case Armed:
		p.enter(now, z.area, z)
	case Entering:
		if z.area.feigned && !p.simulated { // somebody really comes: he has his whole time
			p.enter(now, z.area, z)
		}
		z.entered = true
		p.dirty["zone:"+z.ID] = true
	}
}

// alarming is whether the zone's condition is an alarm now.
func (z *loop) alarming() bool {
	switch {
	case traits[z.Type].control, z.walking:
		return false
	case z.area == nil:
		return z.violated
	case !z.guards(z.area.as):
		return false
	case z.bypassed, z.area.mode == Disarmed, z.area.mode == Exiting:
		return false
	case z.Type == "entry":
		return z.missed
	case z.Type == "follower" && z.area.mode == Entering && (!z.area.feigned || z.simulated): // behind a simulated entry nobody walks
		return z.violated && z.told // it was an alarm before somebody came in by the door
	}
	return z.violated
}

// judge tells the alarm machine what changed.
func (p *Panel) judge(now point.Instant, z *loop) {
	z.walking = z.area == nil && p.testing(z)
	active := z.alarming()
	if !z.everTold && !z.known && !active || z.everTold && active == z.told && z.simulated == z.pretended {
		return
	}
	before := z.told
	z.told, z.everTold, z.pretended = active, true, z.simulated
	p.signals = append(p.signals, alarm.Signal{Key: z.key(), Active: active, Simulated: z.simulated})
	switch {
	case z.area == nil:
	case active:
		p.alarmed(now, z)
	case before:
		p.swing(now, z)
	}
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
	case z.wire.fault():
		return string(z.wire)
	case z.violated && z.known, z.missed:
		return "alarm"
	case z.trouble, !z.known:
		return "trouble"
	}
	return "normal"
}
