package alarm

import (
	"cmp"
	"slices"

	"watchbox/firmware/event"
)

// Alarms lists what stands, what is shelved and what is out of service; most
// urgent first, then newest. The slice is made anew when something changed and
// never written to afterwards: it may be handed to readers, and the same slice
// means that nothing changed.
func (m *Machine) Alarms() []Alarm {
	if !m.stale {
		return m.list
	}
	lives := m.arrange()
	list := make([]Alarm, len(lives))
	for i, l := range lives {
		list[i] = l.Alarm
	}
	m.list, m.stale = list, false
	return list
}

// arrange brings what is listed into its order. It begins with the last order, of
// which one change moves little: thousands of standing alarms must not delay the
// next one.
func (m *Machine) arrange() []*life {
	lives := m.sorted[:0]
	stay := func(l *life) {
		if l.placed = l.kept() || l.OutOfService; l.placed {
			lives = append(lives, l)
		} else {
			delete(m.listed, l)
		}
	}
	for _, l := range m.sorted {
		stay(l)
	}
	if len(lives) < len(m.listed) {
		for l := range m.listed {
			if !l.placed {
				stay(l)
			}
		}
	}
	slices.SortFunc(lives, func(a, b *life) int {
		if a.Priority != b.Priority {
			return cmp.Compare(a.Priority, b.Priority)
		}
		if a.serial != b.serial {
			return cmp.Compare(b.serial, a.serial)
		}
		return cmp.Compare(a.Key, b.Key)
	})
	if len(lives) < len(m.sorted) {
		clear(m.sorted[len(lives):])
	}
	m.sorted = lives
	return lives
}

// Alarm returns one alarm by its key, normal or not; ok is false for an unknown key.
func (m *Machine) Alarm(key string) (a Alarm, ok bool) {
	l := m.lives[key]
	if l == nil {
		return a, false
	}
	return l.Alarm, true
}

// Raised tells the id of the raise record that the engine has numbered: it
// names the occurrence from now on.
func (m *Machine) Raised(key string, id event.ID) {
	if l := m.lives[key]; l != nil {
		l.Occurrence = id
		m.touch(l)
		m.why.number(l, id)
	}
}

// Occurrence is the present occurrence of the alarm. Of several changes of one
// Take, those after a raise were made before it had its number: ask here.
func (m *Machine) Occurrence(key string) event.ID {
	if l := m.lives[key]; l != nil {
		return l.Occurrence
	}
	return event.ID{}
}

// Number rewrites provisional occurrence ids once the journal is open.
func (m *Machine) Number(final func(event.ID) event.ID) {
	for _, l := range m.lives {
		if l.Occurrence.Sequence == 0 {
			continue
		}
		if id := final(l.Occurrence); id != l.Occurrence {
			l.Occurrence = id
			m.touch(l)
		}
	}
}
