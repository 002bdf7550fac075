package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func (m *Machine) merge(now point.Instant, key string, k kept, former map[string]string) {
	l := m.lives[key]
	if l == nil {
		m.dirty[key] = true
		l = m.lives[former[key]]
	}
	if l == nil {
		if k.Raised {
			m.removed(now, k.Alarm)
		}
		return
	}
	l.takeShelf(now, k)
	l.takeRemoval(now, k)
	if l.shelved() || l.removed() {
		m.aside[l.Key] = true
	}
	switch {
	case l.raised && l.Active && k.Raised && k.Alarm.Active && k.Alarm.Simulated == l.Simulated:
		m.goOn(now, l, k)
	case l.raised:
		l.Count += k.Alarm.Count
	case k.Raised:
		l.take(now, k)
	}
	l.takeCause(k)
	if l.Key == FloodKey && l.Active {
		m.flood.resume(now, l, k.Flood)
	}
	m.compare(now, l)
	m.touch(l)
	m.schedule(l)
}

// goOn: what was read at the start is the alarm that stood before. It is the same
// occurrence, with its acknowledgement, and its raise since the start was none.
func (m *Machine) goOn(now point.Instant, l *life, k kept) {
	if m.continued == nil {
		m.continued = map[event.ID]event.ID{}
	}
	m.continued[l.Occurrence] = k.Alarm.Occurrence
	sounded := l.Sounded
	l.resound = point.Never
	l.take(now, k)
	l.Sounded = sounded
	if l.resound != point.Never {
		l.resound = now.Mono + l.Resound
	}
	m.emit(now, l, event.AlarmContinued, box, "")
}

// Foresee tells a condition's state just before Restore: an alarm that the last
// run left active and whose condition still holds must not clear in between. The
// signal itself follows after Restore.
func (m *Machine) Foresee(s Signal) {
	if l := m.lives[s.Key]; l != nil && !l.raised {
		l.known, l.holds = true, s.Active
	}
}

// Continued hands over, once after Restore, the raises since the start that were
// none, each with the occurrence that goes on.
func (m *Machine) Continued() map[event.ID]event.ID {
	c := m.continued
	m.continued = nil
	return c
}

// compare lets a condition that was judged since start act on the restored state.
func (m *Machine) compare(now point.Instant, l *life) {
	switch {
	case !l.known || l.holds == l.Active || l.holds && l.Suppressed != "":
	case l.holds:
		m.await(now, l, now.Mono+l.delay())
	default:
		m.await(now, l, now.Mono+l.OffDelay)
	}
}

// take puts the restored state under the present definition.
func (l *life) take(now point.Instant, k kept) {
	a := k.Alarm
	a.Definition, a.OutOfService, a.Chattering = l.Definition, l.OutOfService, false
	a.Suppressed = ""
	a.aside(l.Alarm)
	a.Sounded = rebase(a.Sounded, now)
	l.Alarm, l.raised, l.serial = a, true, k.Serial
	l.waiting, l.bound, l.held = false, false, false
	if l.Active && !l.Old {
		l.aged = rebase(l.Raised, now).Mono + standing
	}
	if l.Resound > 0 && !l.Acknowledged && (l.Active || l.Latched) {
		l.resound = l.Sounded.Mono + l.Resound
	}
}

// takeCause puts the alarm back under its cause until link has looked whether
// that stands. One that is known to be normal by now needs none.
func (l *life) takeCause(k kept) {
	a := k.Alarm
	l.SuppressedCount = max(l.SuppressedCount, a.SuppressedCount)
	if a.Suppressed == "" || l.Suppressed != "" || k.Raised && a.Active != l.Active || l.known && !l.holds && !l.Active {
		return
	}
	l.Suppressed, l.SuppressedBy, l.SuppressedSince = a.Suppressed, a.SuppressedBy, a.SuppressedSince
	if !l.raised {
		l.Text, l.Value, l.ValueText = a.Text, a.Value, a.ValueText
		l.waiting, l.held, l.holds = false, false, true
	}
}

// rebase expresses an instant of an earlier boot in this boot's time, as far as
// the wall clocks can be trusted; otherwise it counts as now.
func rebase(t, now point.Instant) point.Instant {
	if t.Boot == now.Boot {
		return t
	}
	age := time.Duration(0)
	if t.Clock != point.ClockUnknown && now.Clock != point.ClockUnknown {
		age = max(now.Wall.Sub(t.Wall), 0)
	}
	r := now.Add(-age)
	r.Clock = now.Clock
	return r
}
