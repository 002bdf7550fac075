package zone

import (
	"math"
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

// sense is whether a contact can be read, by what is really read of it.
type sense struct {
	trouble bool // the last reading was bad
	sensed  bool // the alarm machine was told
}

// sensed notes whether the contact of the zone or door could be read. A simulated
// value says nothing of that.
func (p *Panel) sensed(key string, s *sense, bad bool) {
	if !p.simulated && (bad != s.trouble || !s.sensed) {
		s.trouble, s.sensed = bad, true
		p.signal(key+"/trouble", bad, point.Words{})
	}
}

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

// read takes a sample of the zone's contact.
func (p *Panel) read(now point.Instant, z *loop, s point.Sample) {
	bad := !s.Quality.Usable() || s.Value.IsNone()
	p.sensed(z.key(), &z.sense, bad)
	saw := z.seen
	if z.seen = false; bad {
		return // what was violated stays so
	}
	violated, ok := z.contact(s.Value)
	if z.Loop != nil && (!z.known || z.wire.fault() != z.faulty || z.faulty && z.feigned.line != p.simulated) {
		z.faulty, z.feigned.line = z.wire.fault(), p.simulated
		p.signal(z.key()+"/line", z.faulty, z.lineText())
	}
	if !ok {
		z.known = true
		return // a line that says nothing of its contact
	}
	before := z.violated && z.known
	z.known, z.seen, z.violated = true, true, violated
	if violated { // whoever really came in has not, because somebody simulates it meanwhile
		z.simulated = s.Quality.IsSimulated() && (z.simulated || !z.entered)
	}
	if z.violated && !before {
		p.left(now, z)
	}
	if !z.violated {
		p.unstick(z)
	}
	p.moved(now, z, saw, before)
	p.judge(now, z)
}

// contact reads the zone's contact off its value, through the resistors where it
// has some.
func (z *loop) contact(v point.Value) (violated, ok bool) {
	if z.Loop == nil {
		return v.Truth(), true
	}
	ohms, ok := v.Float()
	if !ok || math.IsNaN(ohms) {
		z.wire = wireStrange
		return false, false
	}
	z.wire = z.Loop.read(ohms, z.wire)
	return z.wire == wireAlarm, !z.wire.fault()
}

// left is a zone that leaves its rest.
func (p *Panel) left(now point.Instant, z *loop) {
	p.walked(now, z)
	if z.Type == "panic" && !z.stuck {
		z.stuckAt = now.Mono + stuckAfter
	}
	p.trip(now, z)
}

// stuckAfter is how long a panic button is pressed until it must be stuck.
const stuckAfter = 60 * time.Second

func (p *Panel) stick(z *loop) {
	z.stuckAt, z.stuck = point.Never, true
	p.dirty["zone:"+z.ID] = true
	p.signals = append(p.signals, alarm.Signal{Key: z.key() + "/stuck", Active: true, Simulated: z.simulated})
}

func (p *Panel) unstick(z *loop) {
	z.stuckAt = point.Never
	if z.stuck {
		z.stuck = false
		p.dirty["zone:"+z.ID] = true
		p.signal(z.key()+"/stuck", false, point.Words{})
	}
}

// tamper takes a sample of the detector's own tamper contact.
func (p *Panel) tamper(now point.Instant, z *loop, s point.Sample) {
	if !s.Quality.Usable() || s.Value.IsNone() || z.tamperKnown && s.Value.Truth() == z.tampered && (!z.tampered || z.feigned.tamper == p.simulated) {
		return
	}
	z.tamperKnown, z.tampered, z.feigned.tamper = true, s.Value.Truth(), p.simulated
	p.signal(z.key()+"/tamper", z.tampered, point.Words{})
}

// wireWords say what is wrong with a line.
var wireWords = map[wire]point.Words{wireOpen: {Zh: "断开", En: "cut"}, wireShort: {Zh: "短路", En: "shorted"}, wireStrange: {Zh: "电阻异常", En: "of a strange resistance"}}

func (z *loop) lineText() point.Words {
	if !z.wire.fault() {
		return point.Words{}
	}
	label := title(z.Label, z.ID)
	return point.Words{Zh: label.Zh + "：线路" + wireWords[z.wire].Zh, En: label.En + ": line " + wireWords[z.wire].En}
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
