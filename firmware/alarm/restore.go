package alarm

import (
	"cmp"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Restore merges the retained state of the last run into the machine: alarms,
// acknowledgements, latches, shelves, removals from service and first-outs as
// they were; delays, chattering and the flood's window start again, and what is
// suppressed is found its cause anew. What was raised since start stands; an alarm that nobody defines
// any more ends as removed. Keys of other parts are ignored. The changes come
// with the next Take.
func (m *Machine) Restore(now point.Instant, retained map[string][]byte) {
	type entry struct {
		key string
		kept
	}
	var entries []entry
	for name, value := range retained {
		key, mine := strings.CutPrefix(name, prefix)
		if !mine || value == nil {
			continue
		}
		k, ok := read(key, value)
		if !ok {
			m.unreadable(now, key)
			continue
		}
		entries = append(entries, entry{key, k})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.key, b.key))
	})
	m.makeRoom(uint64(len(entries)))
	former, then := m.former(), make([]uint64, len(entries))
	for i, e := range entries {
		then[i] = e.Serial
		e.Serial = uint64(i + 1)
		m.merge(now, e.key, e.kept, former)
	}
	m.restoreSweeps(retained[sweepKey], func(serial uint64) uint64 {
		n, _ := slices.BinarySearch(then, serial+1)
		return uint64(n)
	})
	m.hush(now)
	m.link(now)
	if l := m.lives[RulesKey]; l != nil && l.raised && !m.outOfService() {
		m.judge(now, l, false)
	}
}

// unreadable: the state of an alarm is damaged. That is told, never guessed.
func (m *Machine) unreadable(now point.Instant, key string) {
	a := Alarm{Definition: Definition{Key: key, Label: point.Words{Zh: key, En: key}, Priority: 3, Class: ClassTrouble}}
	if l := m.lives[key]; l != nil {
		a.Definition = l.Definition
	}
	a.Text = a.Label
	m.changes = append(m.changes, Change{Type: event.AlarmRemoved, Alarm: a, Actor: box, Text: "retained state is damaged", At: now})
	m.dirty[key] = true
}

// makeRoom moves the raises since start behind n restored ones.
func (m *Machine) makeRoom(n uint64) {
	for _, l := range m.lives {
		if l.raised {
			l.serial += n
		}
	}
	m.serial += n
	for i := range m.sweeps {
		m.sweeps[i].Serial += n
	}
}

// former maps the former key of each renamed definition to the present one.
func (m *Machine) former() map[string]string {
	former := map[string]string{}
	for _, l := range m.lives {
		if l.Was != "" && m.lives[l.Was] == nil {
			former[l.Was] = l.Key
		}
	}
	return former
}

func (m *Machine) outOfService() bool {
	for _, l := range m.lives {
		if l.OutOfService {
			return true
		}
	}
	return false
}
