package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// pending is one command on its way.
type pending struct {
	CommandView
	point   *point.Point
	value   point.Value
	old     point.Value
	written point.Instant // a reading counts when it is later
	until   time.Duration // monotonic: then it is judged
	read    point.Value   // the newest reading that counts
	failure string
}

// Machine runs every command. One goroutine may use it; it reads no clock.
type Machine struct {
	selected map[point.Name]*Selection
	running  map[point.Name]*pending
	faults   map[point.Name]*fault
	back     map[point.Name][]point.Name // by the point that is read: the points whose command or fault waits for it
	recent   []CommandView               // newest first; replaced, never written to
	writes   []Write
	records  []event.Record
	signals  []alarm.Signal
	dirty    map[point.Name]bool
	count    int
}

// New makes a machine with nothing under way.
func New() *Machine {
	return &Machine{selected: map[point.Name]*Selection{}, running: map[point.Name]*pending{}, faults: map[point.Name]*fault{},
		back: map[point.Name][]point.Name{}, dirty: map[point.Name]bool{}}
}

// Issue is a command of the box itself, in one step. It is refused while another
// one for the point is under way.
func (m *Machine) Issue(now point.Instant, p *point.Point, last point.Sample, value point.Value, actor, reason string) error {
	value, err := Fit(p, value)
	if err == nil {
		err = m.free(p.Name)
	}
	if err != nil {
		return err
	}
	m.count++
	m.begin(now, p, last.Value, value, fmt.Sprintf("%x.%d", now.Mono.Milliseconds(), m.count), actor, reason)
	return nil
}

func (m *Machine) begin(now point.Instant, p *point.Point, old, value point.Value, id, actor, reason string) {
	r := &pending{point: p, value: value, old: old, until: now.Mono + issueLimit,
		CommandView: CommandView{ID: id, Point: p.Name, Label: p.Title(), Room: p.Room, State: Issued, From: Shown(p, old), To: Shown(p, value), Actor: actor, Reason: reason, At: now}}
	m.running[p.Name] = r
	m.watch()
	m.writes = append(m.writes, Write{p.Name, value})
	m.tell(now, event.CommandIssued, p, actor, r.detail(), point.Words{
		Zh: fmt.Sprintf("写入 %s：%s → %s（%s）", p.Title().Zh, known(r.From.Zh), r.To.Zh, reason),
		En: fmt.Sprintf("Write %s: %s → %s (%s)", p.Title().En, known(r.From.En), r.To.En, reason)})
	m.note(r)
}

// Sample takes a reading. It costs one look-up for points that nobody waits for.
func (m *Machine) Sample(now point.Instant, s point.Sample) {
	if len(m.back) == 0 {
		return
	}
	for _, p := range m.back[s.Point] {
		if !s.Quality.Usable() || s.Value.IsNone() {
			continue
		}
		if r := m.running[p]; r != nil && r.State == Reading && s.At.Boot == r.written.Boot && s.At.Mono > r.written.Mono {
			if r.read = s.Value; same(r.point, r.value, s.Value) {
				m.end(now, r, Done, point.Words{Zh: "读回一致", En: "read back as ordered"})
			}
		}
		if f := m.faults[p]; f != nil && m.running[p] == nil && same(f.point, f.value, s.Value) {
			m.heal(p)
		}
	}
}

// Tick judges what has waited long enough.
func (m *Machine) Tick(now point.Instant) {
	if len(m.running)+len(m.selected) == 0 {
		return
	}
	for _, p := range slices.Sorted(maps.Keys(m.running)) {
		if r := m.running[p]; now.Mono >= r.until {
			m.judge(now, r)
		}
	}
	for p, s := range m.selected {
		if now.Mono >= s.until.Mono {
			delete(m.selected, p)
		}
	}
}

// Next is when Tick has something to do.
func (m *Machine) Next() time.Duration {
	next := point.Never
	for _, r := range m.running {
		next = min(next, r.until)
	}
	for _, s := range m.selected {
		next = min(next, s.until.Mono)
	}
	return next
}

func (r *pending) detail() Detail {
	return Detail{ID: r.ID, Old: r.old, New: r.value, Reason: r.Reason, Read: r.read, Error: r.failure, Unproven: readBack(r.point) == ""}
}

// watch finds anew what is read back for whom: there are few.
func (m *Machine) watch() {
	clear(m.back)
	for p, r := range m.running {
		if b := readBack(r.point); b != "" {
			m.back[b] = append(m.back[b], p)
		}
	}
	for p, f := range m.faults {
		if b := readBack(f.point); b != "" && m.running[p] == nil {
			m.back[b] = append(m.back[b], p)
		}
	}
}

// note lists the command as it is now, in a fresh slice.
func (m *Machine) note(r *pending) {
	list := []CommandView{r.CommandView}
	for _, v := range m.recent {
		if v.ID != r.ID && len(list) < recentLimit {
			list = append(list, v)
		}
	}
	m.recent = list
	m.dirty[r.Point] = true
}

func (m *Machine) tell(now point.Instant, t event.Type, p *point.Point, actor string, d Detail, text point.Words) {
	detail, _ := json.Marshal(d) // texts and values cannot fail
	m.records = append(m.records, event.Record{Type: t, At: now, Subject: string(p.Name), Room: p.Room, Actor: actor, Text: text, Detail: detail})
}

// Recent are the newest commands, newest first. Nobody writes to the slice; a
// change replaces it.
func (m *Machine) Recent() []CommandView { return m.recent }

// Take hands over what is to be written, journaled and told to the alarms.
func (m *Machine) Take() (writes []Write, records []event.Record, signals []alarm.Signal) {
	writes, records, signals = m.writes, m.records, m.signals
	m.writes, m.records, m.signals = nil, nil, nil
	return writes, records, signals
}

func known(s string) string {
	if s == "" {
		return "?"
	}
	return s
}
