package team

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// prefix of the machine's keys in the retained state.
const prefix = "team:"

// kept is what is kept of a team over a restart. Releases only add fields.
type kept struct {
	Chosen  bool                `json:"chosen,omitempty"`
	Assist  bool                `json:"assist,omitempty"`
	Rotated time.Time           `json:"rotated,omitzero"`
	Served  time.Duration       `json:"served,omitempty"`
	Units   map[string]keptUnit `json:"units"`
}

type keptUnit struct {
	Duty   bool          `json:"duty,omitempty"`
	Hand   bool          `json:"hand,omitempty"`
	By     string        `json:"by,omitempty"`
	Ran    time.Duration `json:"ran,omitempty"`
	Faulty point.Words   `json:"faulty,omitzero"`
}

// Retained hands over what changed since the last call; nil deletes. Write it in
// one transaction with the records of the step.
func (m *Machine) Retained() (out []event.Retained) {
	for _, key := range m.dropped {
		out = append(out, event.Retained{Key: key})
	}
	m.dropped = nil
	for _, t := range m.crews {
		if !t.keep {
			continue
		}
		t.keep = false
		k := kept{Chosen: t.chosen, Assist: t.assist, Rotated: t.rotated, Served: t.served, Units: map[string]keptUnit{}}
		for _, u := range t.units {
			u.kept = u.ran
			k.Units[u.ID] = keptUnit{u.duty, u.hand, u.by, u.ran, u.faulty}
		}
		if b, err := json.Marshal(k); err == nil { // a wall clock beyond the year 9999
			out = append(out, event.Retained{Key: prefix + t.ID, Value: b})
		}
	}
	return out
}

// Restore merges what the last run left. What a person ordered since the start
// stands; what is damaged is forgotten. What is about no team of this run is left
// as it is: safe mode has none, and a unit in hand mode must still be so afterwards.
func (m *Machine) Restore(now point.Instant, retained map[string][]byte) {
	for key, b := range retained {
		id, mine := strings.CutPrefix(key, prefix)
		if !mine {
			continue
		}
		i := slices.IndexFunc(m.crews, func(t *crew) bool { return t.ID == id })
		var k kept
		switch {
		case i < 0:
		case json.Unmarshal(b, &k) != nil:
			m.crews[i].keep = true
		default:
			m.crews[i].restore(now, k)
		}
	}
	m.stale, m.live = true, true
}

func (t *crew) restore(now point.Instant, k kept) {
	t.begin(now.Mono)
	t.dirty, t.keep = true, true
	duty := 0
	for _, u := range t.units {
		if k.Units[u.ID].Duty {
			duty++
		}
	}
	if k.Chosen && duty == t.Duty {
		t.chosen, t.rotated, t.served = true, k.Rotated, k.Served
	}
	t.assist = t.assist || k.Assist && t.Temperature != ""
	for _, u := range t.units {
		q, known := k.Units[u.ID]
		if !known {
			continue
		}
		u.ran += q.Ran
		u.kept = u.ran
		if t.chosen {
			u.duty = q.Duty
		}
		if q.Hand && !u.hand {
			u.hand, u.by = true, q.By
		}
		if !q.Faulty.IsZero() && !u.runs() {
			u.faulty = q.Faulty
		}
		t.signals = append(t.signals, alarm.Signal{Key: unitKey(t.ID, u.ID), Active: !u.faulty.IsZero(), ValueText: u.faulty})
	}
	t.signals = append(t.signals, alarm.Signal{Key: shortKey(t.ID), Active: t.isShort})
}

// Reload swaps in other teams. A unit with the same id and run point keeps all that is known
// of it; a team keeps its timers.
func (m *Machine) Reload(now point.Instant, list []Team, zone *time.Location) []error {
	crews, errs := compile(list, zone)
	for _, old := range m.crews {
		i := slices.IndexFunc(crews, func(t *crew) bool { return t.ID == old.ID })
		if i < 0 {
			m.dropped = append(m.dropped, prefix+old.ID)
			continue
		}
		crews[i].inherit(now, old)
	}
	m.crews, m.stale = crews, true
	m.index()
	return errs
}

func (t *crew) inherit(now point.Instant, old *crew) {
	d, units, zone, hour, minute := t.Team, t.units, t.zone, t.hour, t.minute
	*t = *old
	t.Team, t.units, t.zone, t.hour, t.minute = d, units, zone, hour, minute
	t.dirty, t.keep = true, true
	if t.Temperature != old.Temperature {
		t.measured = false
	}
	t.assist = t.assist && t.Temperature != ""
	t.dark = t.dark && t.Mains != ""
	duty := 0
	for i, u := range t.units {
		j := slices.IndexFunc(old.units, func(o *unit) bool { return o.ID == u.ID && o.Run == u.Run && o.state() == u.state() })
		if j < 0 {
			u.unread, u.moved, u.seen = now.Mono, now.Mono, now.Mono
			continue
		}
		was := *old.units[j]
		was.Member, was.index = u.Member, i
		was.flags = map[point.Name]bool{}
		for _, f := range u.Failed {
			was.flags[point.Name(f)] = old.units[j].flags[point.Name(f)]
		}
		was.alarmed = was.alarmed && len(u.Alarms) > 0
		if *u = was; u.duty {
			duty++
		}
	}
	t.chosen = t.chosen && duty == t.Duty
}
