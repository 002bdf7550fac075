package alarm

import (
	"cmp"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// row is the place of an alarm in the list, and the alarm as it was put there:
// nobody writes to that any more. The zero row is that of what is not listed.
type row struct {
	alarm  *Alarm
	serial uint64
	life   *life
}

// compare orders rows: most urgent first, then newest.
func (r row) compare(q row) int {
	if r.alarm.Priority != q.alarm.Priority {
		return cmp.Compare(r.alarm.Priority, q.alarm.Priority)
	}
	if r.serial != q.serial {
		return cmp.Compare(q.serial, r.serial)
	}
	return cmp.Compare(r.alarm.Key, q.alarm.Key)
}

// Alarms lists what stands, what is shelved and what is out of service; most
// urgent first, then newest. Nobody writes to the list or to the alarms on it: both
// may be handed to readers. The same slice means that nothing changed, and the
// same pointer that this alarm did not: thousands of standing alarms cost the
// next one no more than their place in the list.
func (m *Machine) Alarms() []*Alarm {
	if len(m.altered) == 0 {
		return m.list
	}
	m.rows, m.spare = m.arrange(), m.rows
	m.list = make([]*Alarm, len(m.rows))
	for i, r := range m.rows {
		m.list[i] = r.alarm
	}
	return m.list
}

// arrange puts the altered lives where they belong now.
func (m *Machine) arrange() []row {
	var gone, come []row
	for _, l := range m.altered {
		if l.row.alarm != nil {
			gone = append(gone, l.row)
		}
		if l.row = l.listed(); l.row.alarm != nil {
			come = append(come, l.row)
		}
		l.altered = false
	}
	m.altered = m.altered[:0]
	slices.SortFunc(gone, row.compare)
	slices.SortFunc(come, row.compare)
	return merge(m.spare[:0], m.rows, gone, come)
}

// merge appends to list the rows without those that are gone, and with those that
// come; all are in order.
func merge(list, rows, gone, come []row) []row {
	for _, r := range rows {
		for len(come) > 0 && come[0].compare(r) < 0 {
			list, come = append(list, come[0]), come[1:]
		}
		if len(gone) > 0 && gone[0].alarm == r.alarm {
			gone = gone[1:]
		} else {
			list = append(list, r)
		}
	}
	return append(list, come...)
}

// listed is the life's row as it should be now.
func (l *life) listed() row {
	if !l.kept() && !l.OutOfService {
		return row{}
	}
	a := l.Alarm
	a.Now = l.now()
	return row{&a, l.serial, l}
}

// now is what is said of the condition since the raise, where it is not the same: the
// reason may be another one while the trouble goes on.
func (l *life) now() point.Words {
	said := l.said.ValueText
	if said.IsZero() {
		said = point.Words{Zh: l.said.Value, En: l.said.Value}
	}
	if !l.Active || !l.said.Active || l.watched != nil || said == (point.Words{Zh: l.Shown("zh"), En: l.Shown("en")}) {
		return point.Words{}
	}
	return said
}

// alter notes that the list shows the alarm as it was.
func (m *Machine) alter(l *life) {
	if !l.altered {
		l.altered = true
		m.altered = append(m.altered, l)
	}
}

// relist makes the whole list anew.
func (m *Machine) relist() {
	m.rows, m.altered = nil, nil
	for _, l := range m.lives {
		l.row, l.altered = row{}, false
		m.alter(l)
	}
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
