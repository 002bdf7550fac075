package commission

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/event"
)

// prefix of the machine's keys in the retained state.
const prefix = "commission:"

// Retained hands over what changed since the last call, sorted by key.
func (m *Machine) Retained() (out []event.Retained) {
	if len(m.dirty) == 0 {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(m.dirty)) {
		b, err := json.Marshal(m.entries[key])
		if err == nil { // a wall clock beyond the year 9999
			out = append(out, event.Retained{Key: prefix + key, Value: b})
		}
	}
	clear(m.dirty)
	return out
}

// Restore merges what the last run left; what was signed since the start is newer.
// What is damaged is as if it had never been tested.
func (m *Machine) Restore(retained map[string][]byte) {
	for name, b := range retained {
		key, mine := strings.CutPrefix(name, prefix)
		var e Entry
		if !mine || json.Unmarshal(b, &e) != nil || e.By == "" {
			continue
		}
		if _, newer := m.entries[key]; !newer {
			m.entries[key], m.altered[key] = e, true
		}
	}
}
