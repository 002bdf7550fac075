package alarm

import (
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A simulated value goes the way of a real one, and nobody may take either for the
// other: an alarm that rests on one says so in every text, explains no real alarm,
// and becomes a real one, as a raise of its own, once its condition holds without.

// simulated tells whether what the condition rests on now is simulated, in whole or
// in part.
func (l *life) simulated() bool {
	if l.rule == nil {
		return l.said.Simulated
	}
	return simulated(l.rule.test.Inputs())
}

func simulated(inputs []event.Input) bool {
	return slices.ContainsFunc(inputs, func(in event.Input) bool { return in.Quality.IsSimulated() })
}

// pretended is an alarm that only a simulated value raised, or that only a simulated
// cause holds back.
func (l *life) pretended() bool {
	return l.Active && l.Simulated || l.heldBack() && l.design.cause != nil && l.design.cause.Simulated
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
