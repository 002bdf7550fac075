package alarm

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// prefix of the machine's keys in the retained state.
const prefix = "alarm:"

// kept is the retained state of one alarm. The occurrence stands apart because
// a provisional one has no text form. Releases only add fields.
type kept struct {
	Alarm    Alarm         `json:"alarm"`
	Box      string        `json:"box,omitempty"`
	Epoch    string        `json:"epoch,omitempty"`
	Sequence uint64        `json:"sequence,omitempty"`
	Serial   uint64        `json:"serial,omitempty"`
	Raised   bool          `json:"raised,omitempty"`
	ShelfFor time.Duration `json:"shelfFor,omitempty"`

	RemovedFor time.Duration `json:"removedFor,omitempty"`
	Flood      int           `json:"flood,omitempty"` // raises in the flood, with the flood's own alarm
}

// Retained hands over the state of each alarm that changed since the last call,
// sorted by key; nil deletes. Call it after the raises of the step were
// numbered, and write it in one transaction with their records.
func (m *Machine) Retained() []event.Retained {
	if len(m.dirty) == 0 && !m.swept {
		return nil
	}
	out := make([]event.Retained, 0, len(m.dirty)+1)
	for _, key := range slices.Sorted(maps.Keys(m.dirty)) {
		out = append(out, event.Retained{Key: prefix + key, Value: m.lives[key].keep(m.flood.Count)})
	}
	clear(m.dirty)
	if m.swept {
		m.swept, out = false, append(out, event.Retained{Key: sweepKey, Value: m.keepSweeps()})
	}
	return out
}

// kept is true while the alarm is more than its definition.
func (l *life) kept() bool {
	return l.raised || l.shelved() || l.removed() || l.Suppressed != ""
}

func (l *life) keep(flood int) []byte {
	if l == nil || !l.kept() {
		return nil
	}
	k := kept{Alarm: l.Alarm, Serial: l.serial, Raised: l.raised, ShelfFor: l.shelfFor, RemovedFor: l.removedFor}
	if l.Key == FloodKey {
		k.Flood = flood
	}
	k.Box, k.Epoch, k.Sequence = l.Occurrence.Box, l.Occurrence.Epoch, l.Occurrence.Sequence
	k.Alarm.Occurrence, k.Alarm.OutOfService = event.ID{}, false
	b, err := json.Marshal(k)
	if err != nil {
		return nil // a wall clock beyond the year 9999
	}
	return b
}

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

func read(key string, value []byte) (k kept, ok bool) {
	if json.Unmarshal(value, &k) != nil || k.Alarm.Key == "" {
		return k, false
	}
	k.Alarm.Occurrence = event.ID{Box: k.Box, Epoch: k.Epoch, Sequence: k.Sequence}
	k.Alarm.Key = key
	return k, true
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
		m.await(now, l, now.Mono+l.OnDelay)
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

func (m *Machine) outOfService() bool {
	for _, l := range m.lives {
		if l.OutOfService {
			return true
		}
	}
	return false
}
