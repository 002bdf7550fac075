package alarm

import (
	"slices"

	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A simulated value goes the way of a real one, and nobody may take either for the
// other: an alarm that rests on one says so in every text, explains no real alarm,
// and becomes a real one, as a raise of its own, once its condition holds without.

// simulated tells whether the condition rests on what is simulated: it would not hold
// without.
func (l *life) simulated() bool {
	if l.rule == nil {
		return l.said.Simulated
	}
	return l.rule.test.Pretended()
}

// pretended is an alarm that only a simulated value raised, or that only a simulated
// cause holds back.
func (l *life) pretended() bool {
	return l.Active && l.Simulated || l.heldBack() && l.design.cause != nil && l.design.cause.Simulated
}

// Rests tells whether a real alarm that stands rests on the point, or was raised by it:
// a simulated value would end it, or hide that it goes on.
func (m *Machine) Rests(n point.Name) (on *Alarm, ok bool) {
	for _, a := range m.Alarms() {
		if a.Standing() && !a.Simulated && a.Class == ClassAlarm && (a.Point == n || m.lives[a.Key].reads(n)) {
			return a, true
		}
	}
	return nil, false
}

// Overrules tells whether a real reading of the point is what an alarm of its level, or
// of so many of several, waits for, and nobody has put that alarm aside: it counts,
// whatever is simulated there.
func (m *Machine) Overrules(now point.Instant, s point.Sample) bool {
	if !s.Quality.Usable() || s.Value.IsNone() {
		return false
	}
	return slices.ContainsFunc(m.watches[s.Point], func(w *watch) bool {
		l := w.life
		aside := l.OutOfService || l.shelved() || l.removed() || m.off(now, w)
		reached, _ := condition.Alone(w.test, s.Point, s.Value)
		return l.Class == ClassAlarm && !aside && reached
	})
}

// Severe names an alarm of fire or of priority 1 whose rule reads the point: no
// simulated value may hide it. With blind it names one that no single reading decides
// (a rise, a value that stays, an expression): what is really read behind a simulated
// value cannot tell that it holds.
func (m *Machine) Severe(n point.Name, blind bool) (of point.Words, ok bool) {
	for _, w := range m.watches[n] {
		_, known := condition.Alone(w.test, n, point.Value{})
		if w.life.Class == ClassAlarm && (w.life.Priority == 1 || w.life.Kind == KindFire) && !(blind && known) {
			return w.life.Label, true
		}
	}
	return of, false
}

// reads tells whether the condition is of that point, among others.
func (l *life) reads(n point.Name) bool {
	return l != nil && l.rule != nil && slices.ContainsFunc(l.rule.test.Inputs(), func(in event.Input) bool { return in.Point == n })
}

// comeTrue: the condition of such an alarm holds in truth. Nobody has been told of
// that yet, whatever was acknowledged before.
func (m *Machine) comeTrue(now point.Instant, l *life) {
	if l.heldBack() {
		m.unsuppress(now, l)
		return
	}
	l.waiting, l.bound, l.Chattering, l.quiet = false, false, false, point.Never
	m.clear(now, l)
	m.raise(now, l)
}
