package alarm

import (
	"time"

	"watchbox/firmware/point"
)

// judge takes the condition as it is seen now.
func (m *Machine) judge(now point.Instant, l *life, holds bool) {
	m.ensure(now)
	edge := holds != l.holds
	hidden := edge && holds && l.waiting && l.Active && now.Mono >= l.fell+l.OffDelay
	l.unsure, l.known, l.holds = false, true, holds
	if edge && !holds {
		l.fell = now.Mono
	}
	if edge && holds {
		l.outdate(now.Mono)
	}
	switch {
	case holds && l.pretended() && !l.simulated():
		m.comeTrue(now, l)
	case l.Chattering:
		if edge {
			l.quiet = now.Mono + chatterQuiet
			m.flap(now, l, holds)
		}
	case holds == l.Active:
		l.waiting, l.bound, l.held = false, false, l.held && holds
		if hidden {
			m.pressed(now, l)
		}
		if !holds && l.heldBack() {
			m.lift(now, l)
			m.settle(l)
		}
	case l.held || l.heldBack():
	case holds:
		m.await(now, l, now.Mono+l.delay())
	default:
		m.await(now, l, max(now.Mono+l.OffDelay, l.firm))
	}
	m.schedule(l)
	m.ponder(now, l)
}

// pressed is a raise that the firm second hides: it is counted. A guarded alarm that
// a person has dealt with already rings anew: each press of a panic button rings.
func (m *Machine) pressed(now point.Instant, l *life) {
	if l.Guarded && (l.Silenced || l.Acknowledged) {
		m.clear(now, l)
		m.raise(now, l)
		return
	}
	m.flap(now, l, true)
	m.noteRaise(now, l)
}

// doubt notes that the newest sample is bad. A delay that runs goes on, but its
// end waits for the next usable sample.
func (m *Machine) doubt(now point.Instant, l *life) {
	if !l.unsure {
		l.unsure = true
		m.schedule(l)
		m.ponder(now, l)
	}
}

// await starts the delay unless it runs, and ends it when it is over.
func (m *Machine) await(now point.Instant, l *life, due time.Duration) {
	if !l.waiting {
		l.waiting, l.due = true, due
	}
	m.fire(now, l)
}

func (m *Machine) fire(now point.Instant, l *life) {
	if !l.waiting || l.unsure || now.Mono < l.due {
		return
	}
	if l.bound = !l.holds && l.dependent(); l.bound {
		return
	}
	l.waiting = false
	if l.holds {
		m.raise(now, l)
	} else {
		m.clear(now, l)
	}
}
