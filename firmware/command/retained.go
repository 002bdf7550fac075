package command

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// prefix of the machine's keys in the retained state.
const prefix = "command:"

// kept is what is kept of one point over a restart. Releases only add fields.
type kept struct {
	ID     string        `json:"id,omitempty"`
	Value  point.Value   `json:"value"`
	Old    point.Value   `json:"old"`
	Actor  string        `json:"actor,omitempty"`
	Reason string        `json:"reason,omitempty"`
	At     point.Instant `json:"at,omitzero"`
	Fault  bool          `json:"fault,omitempty"` // it ended badly; else it was on its way
}

// Retained hands over what changed since the last call, sorted by key; nil
// deletes. Write it in one transaction with the records of the step.
func (m *Machine) Retained() []event.Retained {
	if len(m.dirty) == 0 {
		return nil
	}
	out := make([]event.Retained, 0, len(m.dirty))
	for _, p := range slices.Sorted(maps.Keys(m.dirty)) {
		out = append(out, event.Retained{Key: prefix + string(p), Value: m.keep(p)})
	}
	clear(m.dirty)
	return out
}

func (m *Machine) keep(p point.Name) []byte {
	var k kept
	switch r, f := m.running[p], m.faults[p]; {
	case r != nil:
		k = kept{ID: r.ID, Value: r.value, Old: r.old, Actor: r.Actor, Reason: r.Reason, At: r.At}
	case f != nil:
		k = kept{Value: f.value, Fault: true}
	default:
		return nil
	}
	b, _ := json.Marshal(k)
	return b
}

// Restore merges what the last run left. describe finds a point; what is about a
// point that is not there any more, or is damaged, is forgotten.
func (m *Machine) Restore(now point.Instant, retained map[string][]byte, describe func(point.Name) *point.Point) {
	for _, key := range slices.Sorted(maps.Keys(retained)) {
		text, mine := strings.CutPrefix(key, prefix)
		name := point.Name(text)
		if !mine || m.running[name] != nil || m.faults[name] != nil {
			continue
		}
		var k kept
		p := describe(name)
		if p == nil || json.Unmarshal(retained[key], &k) != nil {
			m.forget(name)
			continue
		}
		if v, err := Fit(p, k.Value); err != nil {
			m.forget(name)
		} else {
			k.Value = v // a number of the store knows no kind
			m.resume(now, p, k)
		}
	}
	m.watch()
}

// forget drops what is known of a point, and its trouble with it: nobody would
// end it any more.
func (m *Machine) forget(p point.Name) {
	delete(m.faults, p)
	m.dirty[p] = true
	m.signals = append(m.signals, alarm.Signal{Key: Key(p)})
}

func (m *Machine) resume(now point.Instant, p *point.Point, k kept) {
	if k.Fault {
		m.faults[p.Name] = &fault{point: p, value: k.Value}
		m.signals = append(m.signals, alarm.Signal{Key: Key(p.Name), Active: true})
		return
	}
	r := &pending{point: p, value: k.Value, old: k.Old, written: now, until: now.Mono + readFor(p),
		CommandView: CommandView{ID: k.ID, Point: p.Name, Label: p.Title(), Room: p.Room, State: Reading, From: Shown(p, k.Old), To: Shown(p, k.Value), Actor: k.Actor, Reason: k.Reason, At: k.At}}
	m.running[p.Name] = r
	m.note(r)
}

// Reload takes the points of another site file. describe is nil for one that went,
// or that a person may not write to any more: what is about it ends.
func (m *Machine) Reload(now point.Instant, describe func(point.Name) *point.Point) {
	for _, n := range slices.Sorted(maps.Keys(m.running)) {
		r, p := m.running[n], describe(n)
		if p != nil && p.Write {
			r.point = p
			continue
		}
		m.end(now, r, Failed, point.Words{Zh: "新配置已不允许写入该点", En: "the new site file does not let it be written"})
	}
	for n, f := range m.faults {
		if p := describe(n); p != nil && p.Write {
			f.point = p
		} else {
			m.forget(n)
		}
	}
	clear(m.selected)
	m.watch()
}

// Definitions are the alarms about points that did not do what they were told.
func Definitions(points []point.Point) (all []alarm.Definition) {
	for i := range points {
		p := &points[i]
		if !p.Write {
			continue
		}
		n := p.Title()
		all = append(all, alarm.Definition{Key: Key(p.Name), Point: p.Name, Room: p.Room, Asset: p.Asset, Priority: 3, Class: alarm.ClassTrouble,
			Label:       point.Words{Zh: n.Zh + " 没有按命令动作", En: n.En + " did not do what it was told"},
			Instruction: point.Words{Zh: "到现场看设备：命令可能没有生效；确认后重新下发，或按现状写回", En: "Look at the device: the order may not be in force. Order it again, or write back what it is"}})
	}
	return all
}
