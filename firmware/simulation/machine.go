package simulation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// Machine runs every simulation. One goroutine may use it; it reads no clock.
type Machine struct {
	running map[point.Name]*running
	views   []SimulationView // in the order of their points; replaced, never written to
	stale   bool             // they are not what they should be
	records []event.Record
	dirty   map[point.Name]bool
}

// New makes a machine with nothing simulated.
func New() *Machine {
	return &Machine{running: map[point.Name]*running{}, dirty: map[point.Name]bool{}}
}

// Begin puts value in the place of what the point reads, for the time; e is its entry
// now. One that runs is replaced.
func (m *Machine) Begin(now point.Instant, e live.Entry, value point.Value, length time.Duration, actor, reason string) error {
	p := e.Point
	value, err := fit(p, value)
	if err != nil {
		return err
	}
	if length < Least || length > Most {
		least, most := point.Span(Least), point.Span(Most)
		return Refuse(p.Name, "模拟时长须为 "+least.Zh+"至 "+most.Zh, "it lasts "+least.En+" to "+most.En)
	}
	old := m.running[p.Name]
	if old == nil && len(m.running) >= limit {
		return Refuse(p.Name, fmt.Sprintf("同时最多模拟 %d 个点：先结束几个", limit), fmt.Sprintf("at most %d points at once: end some first", limit))
	}
	if old != nil {
		e = old.real
	}
	until, span := now.Add(length), point.Span(length)
	r := &running{real: e, SimulationView: SimulationView{Point: p.Name, Title: p.Title(), Room: p.Room, Value: value, Shown: shown(p, value), Actor: actor, Reason: reason, Since: now, Until: until}}
	m.running[p.Name] = r
	m.tell(now, event.SimulationBegan, r, actor, point.Words{
		Zh: fmt.Sprintf("%s 模拟为 %s，%s后自动结束%s", r.Title.Zh, r.Shown.Zh, span.Zh, said("（", reason, "）")),
		En: fmt.Sprintf("%s simulated as %s, ends by itself in %s%s", r.Title.En, r.Shown.En, span.En, said(" (", reason, ")"))})
	return nil
}

func shown(p *point.Point, v point.Value) point.Words {
	w := command.Shown(p, v)
	return point.Words{Zh: cmp.Or(w.Zh, "—"), En: cmp.Or(w.En, "—")}
}

func said(before, s, after string) string {
	if s == "" {
		return ""
	}
	return before + s + after
}

// tell writes one record. Its text needs no mark: it says what is simulated.
func (m *Machine) tell(now point.Instant, t event.Type, r *running, actor string, text point.Words) {
	detail, _ := json.Marshal(map[string]any{"value": r.Value, "until": r.Until.Wall, "reason": r.Reason}) // texts and values cannot fail
	m.records = append(m.records, event.Record{Type: t, At: now, Subject: string(r.Point), Room: r.Room, Actor: actor, Text: text, Detail: detail, Simulated: true})
	m.dirty[r.Point], m.stale = true, true
}

// Runs tells whether the point is simulated. It costs one look-up, or nothing.
func (m *Machine) Runs(n point.Name) bool { return len(m.running) > 0 && m.running[n] != nil }

// Points lists what is simulated, in order. It costs nothing while nothing is.
func (m *Machine) Points() []point.Name {
	if len(m.running) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m.running))
}

// Stand is the sample that counts at its point: the simulated one, at the time of the
// real one, which is kept beside.
func (m *Machine) Stand(s point.Sample) point.Sample {
	if !m.Runs(s.Point) {
		return s
	}
	r := m.running[s.Point]
	r.real, m.stale = r.real.With(s), true
	return r.sample(s.At)
}

// Real is the entry that the table would have without the simulation of the point,
// which runs.
func (m *Machine) Real(n point.Name) live.Entry { return m.running[n].real }

// Sample is what the point reads now that its simulation has begun.
func (m *Machine) Sample(now point.Instant, n point.Name) point.Sample {
	return m.running[n].sample(now)
}

func (r *running) sample(at point.Instant) point.Sample {
	return point.Sample{Point: r.Point, Value: r.Value, Quality: point.Simulation, At: at}
}

// End ends the simulation of the point and hands back the entry that the table would
// have without it; ok is false when there is none. why is said behind the actor.
func (m *Machine) End(now point.Instant, n point.Name, actor string, why point.Words) (real live.Entry, ok bool) {
	r := m.running[n]
	if r == nil {
		return live.Entry{}, false
	}
	delete(m.running, n)
	m.tell(now, event.SimulationEnded, r, actor, point.Words{
		Zh: fmt.Sprintf("%s 的模拟结束：%s", r.Title.Zh, why.Zh), En: fmt.Sprintf("%s is no longer simulated: %s", r.Title.En, why.En)})
	return r.real, true
}

// Due lists the points whose time is over.
func (m *Machine) Due(now point.Instant) (due []point.Name) {
	for n, r := range m.running {
		if now.Mono >= r.Until.Mono {
			due = append(due, n)
		}
	}
	slices.Sort(due)
	return due
}

// Next is when the first ends by itself, or point.Never.
func (m *Machine) Next() time.Duration {
	next := point.Never
	for _, r := range m.running {
		next = min(next, r.Until.Mono)
	}
	return next
}

// Views lists the simulations. Nobody writes to the slice; a change replaces it.
func (m *Machine) Views() []SimulationView {
	if !m.stale {
		return m.views
	}
	m.views, m.stale = nil, false
	for _, n := range m.Points() {
		r := m.running[n]
		v, last := r.SimulationView, r.real.Last
		v.Real, v.Read = last.Value, shown(r.real.Point, last.Value)
		v.Good = r.real.Seen && last.Quality.Level == point.Good
		m.views = append(m.views, v)
	}
	return m.views
}

// Take hands over what is to be journaled.
func (m *Machine) Take() []event.Record {
	r := m.records
	m.records = nil
	return r
}
