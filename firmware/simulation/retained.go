package simulation

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// prefix of the machine's keys in the retained state: only so that the next run can
// tell what the end of this one ended.
const prefix = "simulation:"

// Retained hands over what changed since the last call, sorted by key; nil deletes.
func (m *Machine) Retained() (out []event.Retained) {
	if len(m.dirty) == 0 {
		return nil
	}
	for _, n := range slices.Sorted(maps.Keys(m.dirty)) {
		var b []byte
		if r := m.running[n]; r != nil {
			b, _ = json.Marshal(r.Title) // two texts cannot fail
		}
		out = append(out, event.Retained{Key: prefix + string(n), Value: b})
	}
	clear(m.dirty)
	return out
}

// Restore writes down that the simulations of the last run are over. One that was
// begun since the start runs on.
func (m *Machine) Restore(now point.Instant, retained map[string][]byte) {
	for _, key := range slices.Sorted(maps.Keys(retained)) {
		n, mine := strings.CutPrefix(key, prefix)
		if !mine {
			continue
		}
		m.dirty[point.Name(n)] = true
		title := point.Words{Zh: n, En: n}
		_ = json.Unmarshal(retained[key], &title) // a damaged one is told by its name
		m.records = append(m.records, event.Record{Type: event.SimulationEnded, At: now, Subject: n, Actor: "box", Simulated: true,
			Text: point.Words{Zh: title.In("zh") + " 的模拟结束：设备重启", En: title.In("en") + " is no longer simulated: the box restarted"}})
	}
}

// Reload takes the points of another site file: describe is nil for one that went. It
// lists those whose simulation cannot go on.
func (m *Machine) Reload(describe func(point.Name) *point.Point) (over []point.Name) {
	for _, n := range m.Points() {
		p, r := describe(n), m.running[n]
		if p == nil || p.Kind != r.real.Point.Kind {
			over = append(over, n)
			continue
		}
		r.real.Point, r.Title, r.Room, m.stale = p, p.Title(), p.Room, true
	}
	return over
}
