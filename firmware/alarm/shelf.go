package alarm

import (
	"maps"
	"slices"
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
	if l.raised && !l.Acknowledged && !l.Aside() {
		m.again(now, l)
	}
	m.emit(now, l, event.AlarmUnshelved, actor, why)
	m.free(now, l)
}

// free lets a raise come that was held, unless something else still holds it.
func (m *Machine) free(now point.Instant, l *life) {
	if l.held && !l.shelved() && !l.removed() {
		l.held = false
		m.raise(now, l)
	}
	m.weigh(now, l)
	m.schedule(l)
	m.ponder(now, l)
}

// endAside ends the shelves and the removals from service whose time has come
// by a wall clock that somebody vouches for. The monotonic end bounds them when
// the wall clock is unknown or was set back.
func (m *Machine) endAside(now point.Instant) {
	if now.Clock == point.ClockUnknown || len(m.aside) == 0 {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m.aside)) {
		l := m.lives[key]
		if l != nil && l.shelved() && !now.Wall.Before(l.Shelved) {
			m.unshelve(now, l, box, "")
		}
		if l != nil && l.removed() && !now.Wall.Before(l.RemovedUntil) {
			m.inService(now, l, box, "")
		}
		if l == nil || !l.shelved() && !l.removed() {
			delete(m.aside, key)
		}
	}
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
