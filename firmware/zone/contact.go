package zone

import (
	"math"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

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
