package alarm

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/event"
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

func read(key string, value []byte) (k kept, ok bool) {
	if json.Unmarshal(value, &k) != nil || k.Alarm.Key == "" {
		return k, false
	}
	k.Alarm.Occurrence = event.ID{Box: k.Box, Epoch: k.Epoch, Sequence: k.Sequence}
	k.Alarm.Key = key
	return k, true
}
