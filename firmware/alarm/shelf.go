package alarm

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// MaxShelf is the longest time that an alarm may be put aside at once.
const MaxShelf = 30 * 24 * time.Hour

// unshelve ends a shelf. A raise that it held back comes now; what stood before
// and nobody acknowledged is loud again.
func (m *Machine) unshelve(now point.Instant, l *life, actor, why string) {
	l.Shelved, l.ShelvedBy = time.Time{}, ""
	l.shelfEnd, l.shelfFor = point.Never, 0
	if l.raised && !l.Acknowledged {
		m.again(now, l)
	}
	m.emit(now, l, event.AlarmUnshelved, actor, why)
	if l.held {
		l.held = false
		m.raise(now, l)
	}
	m.schedule(l)
}

// endShelves ends the shelves whose time has come by a wall clock that somebody
// vouches for. The monotonic end bounds them when the wall clock is unknown or
// was set back.
func (m *Machine) endShelves(now point.Instant) {
	if now.Clock == point.ClockUnknown {
		return
	}
	for _, a := range m.shelves() {
		if l := m.lives[a.Key]; !now.Wall.Before(l.Shelved) {
			m.unshelve(now, l, box, "")
		}
	}
}

// shelves lists the shelved alarms.
func (m *Machine) shelves() (list []Alarm) {
	for _, a := range m.Alarms() {
		if !a.Shelved.IsZero() {
			list = append(list, a)
		}
	}
	return list
}

// takeShelf restores a shelf of the last run: by the wall clock, and with an
// unknown one for its original length from now.
func (l *life) takeShelf(now point.Instant, k kept) {
	if k.Alarm.Shelved.IsZero() || l.Guarded || l.shelved() {
		return
	}
	l.Shelved, l.ShelvedBy, l.shelfFor = k.Alarm.Shelved, k.Alarm.ShelvedBy, k.ShelfFor
	left := k.ShelfFor
	if now.Clock != point.ClockUnknown {
		left = min(left, max(k.Alarm.Shelved.Sub(now.Wall), 0))
	}
	l.shelfEnd = now.Mono + left
}
