package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// firm is how long a raise stands at least before it may clear, so that a
// bouncing contact is one raise and not ten.
const firm = time.Second

// raise begins an occurrence: unacknowledged, loud. What a person put aside is
// only noted, and what a standing cause explains is held back.
func (m *Machine) raise(now point.Instant, l *life) {
	if l.shelved() || l.removed() {
		l.held = true
		return
	}
	if cause := m.explain(l); cause != nil {
		m.holdBack(now, l, cause)
		return
	}
	m.serial++
	began := m.count(now, l)
	m.enter(l)
	l.raised, l.serial, l.firm, l.aged = true, m.serial, now.Mono+firm, now.Mono+standing
	l.Occurrence, l.Raised, l.Cleared, l.Sounded = event.ID{}, now, point.Instant{}, now
	l.Active, l.Latched, l.Acknowledged, l.Silenced = true, false, false, false
	l.Simulated = l.simulated()
	l.AckedBy, l.AckComment = "", ""
	l.Quiet, l.Old, l.Flaps = m.flood.On && l.minor(), false, 0
	l.Count++
	l.show()
	l.arm(now)
	m.emit(now, l, event.AlarmRaised, box, "")
	m.noteRaise(now, l)
	m.remember(now, l)
	m.weigh(now, l)
	if began {
		m.beginFlood(now)
	}
}

// show freezes what was read at the raise.
func (l *life) show() {
	l.Text = l.Label
	if l.watched != nil {
		l.Value, l.ValueText = meaning(l.reading, l.watched, l.Text)
		if w := l.says(); !w.IsZero() {
			l.Value, l.ValueText = w.Zh, w
		}
		return
	}
	l.Value, l.ValueText = l.said.Value, l.said.ValueText
	if !l.said.Text.IsZero() {
		l.Text = l.said.Text
	}
}

// arm starts the re-sound timer.
func (l *life) arm(now point.Instant) {
	l.resound = point.Never
	if l.Resound > 0 {
		l.resound = now.Mono + l.Resound
	}
}

// clear: the condition is gone. A latched alarm waits for a person's reset.
func (m *Machine) clear(now point.Instant, l *life) {
	l.Active, l.Latched, l.Cleared = false, l.Latch, now
	l.Old, l.aged = false, point.Never
	if !l.Latched {
		l.resound = point.Never
	}
	m.emit(now, l, event.AlarmCleared, box, "")
	if l.Suppressed != "" {
		m.lift(now, l)
		l.Acknowledged = l.Acknowledged || !l.Latched // its cause was told instead: it asks nobody
	}
	m.settle(l)
	m.weigh(now, l)
}

// settle ends the occurrence when nothing is left of it.
func (m *Machine) settle(l *life) {
	if l.Active || l.Latched || !l.Acknowledged {
		return
	}
	l.raised, l.serial, l.resound, l.aged = false, 0, point.Never, point.Never
	m.leave(l)
	old := l.Alarm
	l.Alarm = Alarm{Definition: l.Definition, Acknowledged: true, OutOfService: l.OutOfService}
	l.Alarm.aside(old)
	m.touch(l)
}

// aside carries over how the alarm was put aside, which outlives an occurrence.
func (a *Alarm) aside(old Alarm) {
	a.Shelved, a.ShelvedBy = old.Shelved, old.ShelvedBy
	a.RemovedUntil, a.RemovedBy, a.RemovedWhy = old.RemovedUntil, old.RemovedBy, old.RemovedWhy
	if old.Suppressed != "" {
		a.Suppressed, a.SuppressedBy, a.SuppressedSince = old.Suppressed, old.SuppressedBy, old.SuppressedSince
		a.SuppressedCount, a.Text, a.Value, a.ValueText = old.SuppressedCount, old.Text, old.Value, old.ValueText
	}
}

// again lets the noise begin anew.
func (m *Machine) again(now point.Instant, l *life) {
	l.Silenced, l.Sounded = false, now
	if !l.Acknowledged {
		l.arm(now)
	}
}
