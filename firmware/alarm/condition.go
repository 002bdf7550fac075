package alarm

import (
	"fmt"
	"time"

	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Condition is the tested fact of a rule.
type Condition = condition.Condition

// Schedule answers for the site's calendars. on is whether the calendar holds;
// known is false when nobody vouches for the clock or there is no such calendar.
// Next is how long until that changes. Pure and cheap.
type Schedule interface {
	Holds(id string, at point.Instant) (on, known bool)
	Next(id string, at point.Instant) time.Duration
}

// watch is one test of a rule, on one point or on all points of the rule.
type watch struct {
	rule, key     string
	condition     Condition
	test          condition.Test
	point         *point.Point // the first, for the value shown
	group         bool
	beside        map[point.Name]*beside
	while, except string
	verdict       condition.Verdict // the newest
	gate          time.Duration     // when the schedule changes next
	life          *life             // bound when the program is swapped in
}

func (w *watch) next() time.Duration { return min(w.test.Next(), w.gate) }

// inputs are the readings that the newest verdict rests on.
func (w *watch) inputs() []event.Input { return w.test.Inputs() }

// Calendars tells what answers for `while:` and `except:`; nil is none. Call it
// after New, and before Swap when they changed.
func (m *Machine) Calendars(s Schedule) { m.calendars = s }

// off tells whether the schedule puts the rule to rest now. A clock that nobody
// vouches for puts nothing to rest.
func (m *Machine) off(now point.Instant, w *watch) bool {
	w.gate = point.Never
	if m.calendars == nil {
		return false
	}
	return m.rests(now, w, w.while, false) || m.rests(now, w, w.except, true)
}

// recheck is how often a schedule whose clock is unknown is asked again.
const recheck = time.Minute

func (m *Machine) rests(now point.Instant, w *watch, id string, when bool) bool {
	if id == "" {
		return false
	}
	on, known := m.calendars.Holds(id, now)
	wait := recheck
	if known {
		wait = m.calendars.Next(id, now)
	}
	if wait < point.Never-now.Mono {
		w.gate = min(w.gate, now.Mono+wait)
	}
	return known && on == when
}

// look takes one reading to a test.
func (m *Machine) look(now point.Instant, w *watch, s point.Sample) {
	if w.life.OutOfService {
		return
	}
	v, failure := m.evaluate(w, func() condition.Verdict { return w.test.Sample(now, s, w.life.Active) })
	if v != condition.Holds {
		m.hurry(now, w.life)
	}
	w.life.newest = s
	if v != condition.Unsure && !w.group {
		w.life.reading, w.life.watched = s.Value, w.point
	}
	m.conclude(now, w, v, failure)
}

// wait lets a test judge when its time has come, without a reading.
func (m *Machine) wait(now point.Instant, w *watch) {
	if w.life.OutOfService || w.next() > now.Mono {
		return
	}
	v, failure := w.verdict, ""
	if w.test.Next() <= now.Mono {
		v, failure = m.evaluate(w, func() condition.Verdict { return w.test.Tick(now, w.life.Active) })
	}
	m.conclude(now, w, v, failure)
}

func (m *Machine) conclude(now point.Instant, w *watch, v condition.Verdict, failure string) {
	w.verdict = v
	off := m.off(now, w)
	w.life.resting = off
	switch {
	case failure != "":
		m.fail(now, w, failure)
	case off:
		m.hurry(now, w.life)
		m.judge(now, w.life, false)
	case v == condition.Unsure:
		m.doubt(now, w.life)
	default:
		m.judge(now, w.life, v == condition.Holds)
	}
	m.schedule(w.life)
}

// evaluate runs a test in a guard; failure says what it panicked with.
func (m *Machine) evaluate(w *watch, test func() condition.Verdict) (v condition.Verdict, failure string) {
	defer func() {
		if r := recover(); r != nil {
			failure = fmt.Sprintf("%.200s", fmt.Sprint(r))
		}
	}()
	if m.inject != nil {
		m.inject(w.key)
	}
	return test(), ""
}
