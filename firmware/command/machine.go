package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/driver"
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

// fault is a point that did not do what it was told.
type fault struct {
	point *point.Point
	value point.Value // as it was told
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

// Select is the first step of a person. last is what is known of the point. It
// replaces the actor's own selection of the point; another person's stands.
func (m *Machine) Select(now point.Instant, p *point.Point, last point.Sample, value point.Value, actor, reason string) (Selection, error) {
	value, err := Fit(p, value)
	if err != nil {
		return Selection{}, err
	}
	if reason == "" {
		return Selection{}, refuse(p.Name, "请填写原因", "a reason is wanted")
	}
	if err := m.free(p.Name); err != nil {
		return Selection{}, err
	}
	if s := m.selected[p.Name]; s != nil && s.actor != actor && now.Mono < s.until.Mono {
		return Selection{}, refuse(p.Name, s.actor+" 正在操作，请稍候", s.actor+" has selected it, wait")
	}
	m.count++
	until := now.Add(selectFor)
	s := &Selection{ID: fmt.Sprintf("%x.%d", now.Mono.Milliseconds(), m.count), Point: p.Name, Label: p.Title(), Known: last.Quality.Usable() && !last.Value.IsNone(),
		From: Shown(p, last.Value), To: Shown(p, value), Value: value, Reason: reason, Confirm: p.Confirm, Until: until.Wall, until: until, actor: actor, old: last.Value, subject: p}
	m.selected[p.Name] = s
	m.tell(now, event.CommandSelected, p, actor, s.detail(), point.Words{
		Zh: fmt.Sprintf("选择 %s：%s → %s（%s）", p.Title().Zh, known(s.From.Zh), s.To.Zh, reason),
		En: fmt.Sprintf("Selected %s: %s → %s (%s)", p.Title().En, known(s.From.En), s.To.En, reason)})
	return *s, nil
}

func (s *Selection) detail() Detail {
	return Detail{ID: s.ID, Old: s.old, New: s.Value, Reason: s.Reason}
}

// free refuses while a command for the point is on its way.
func (m *Machine) free(p point.Name) error {
	if r := m.running[p]; r != nil {
		return refuse(p, "上一条命令（"+r.Actor+"）还在执行", "the command of "+r.Actor+" is still under way")
	}
	return nil
}

// Selected is the point that the actor's selection is about; ErrUnknown when it
// is over, somebody else's or for another point.
func (m *Machine) Selected(now point.Instant, p point.Name, id, actor string) error {
	s := m.selected[p]
	if s == nil || s.ID != id || s.actor != actor || now.Mono >= s.until.Mono {
		return fmt.Errorf("execute %s: %w", p, ErrUnknown)
	}
	return m.free(p)
}

// Execute is the second step.
func (m *Machine) Execute(now point.Instant, p point.Name, id, actor string) error {
	if err := m.Selected(now, p, id, actor); err != nil {
		return err
	}
	s := m.selected[p]
	delete(m.selected, p)
	m.begin(now, s.subject, s.old, s.Value, s.ID, actor, s.Reason)
	return nil
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

// Answered tells how the write of the point ended and when: a reading counts from
// then on. An answer that nobody waits for is passed over. An order whose answer was lost
// is judged by what is read, where something is.
func (m *Machine) Answered(now point.Instant, p point.Name, value point.Value, at point.Instant, err error) {
	r := m.running[p]
	switch {
	case r == nil || r.State != Issued || r.value != value:
	case errors.Is(err, driver.ErrUnsure) && readBack(r.point) != "":
		r.failure = err.Error()
		m.await(r, at, now.Mono)
	case err != nil:
		r.failure = err.Error()
		m.end(now, r, Failed, failed(err))
	case readBack(r.point) == "":
		m.end(now, r, Done, point.Words{Zh: "已写入（此点没有读回）", En: "written (nothing reads it back)"})
	default:
		m.await(r, at, now.Mono)
	}
}

// await waits for a reading that was made after the write.
func (m *Machine) await(r *pending, written point.Instant, now time.Duration) {
	r.State, r.written, r.until = Reading, written, now+readFor(r.point)
	m.note(r)
}

// unsure is told of an order whose answer was lost, and of which nothing was read since.
var unsure = point.Words{Zh: "设备没有应答，不知是否执行：请到现场查看", En: "the device did not answer, perhaps it obeyed: look at it"}

// failed is why the write did not succeed, with the device's own answer.
func failed(err error) point.Words {
	if errors.Is(err, driver.ErrUnsure) {
		return unsure
	}
	w := point.Words{Zh: "设备没有接受", En: "the device did not take it"}
	if said := driver.Said(err); !said.IsZero() {
		w.Zh, w.En = w.Zh+"："+said.Zh, w.En+": "+said.En
	}
	return w
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

func (m *Machine) judge(now point.Instant, r *pending) {
	switch {
	case r.State == Issued:
		m.end(now, r, Failed, point.Words{Zh: "设备没有应答", En: "the device did not answer"})
	case r.read.IsNone() && r.failure != "":
		m.end(now, r, Failed, unsure)
	case r.read.IsNone():
		m.end(now, r, Failed, point.Words{Zh: "写入后没有读回", En: "not read since the write"})
	default:
		seen := Shown(r.point, r.read)
		if r.point.Feedback != "" && r.point.Feedback != r.Point {
			seen = Shown(&point.Point{Kind: point.Bool}, point.OfBool(r.read.Truth()))
		}
		m.end(now, r, Contradicts, point.Words{Zh: "读回仍是 " + seen.Zh, En: "it still reads " + seen.En})
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

var ends = map[State]event.Type{Done: event.CommandDone, Failed: event.CommandFailed, Contradicts: event.OutputContradicts}

// end tells how the command came out, and what that means for the point.
func (m *Machine) end(now point.Instant, r *pending, state State, result point.Words) {
	r.State, r.Result = state, result
	delete(m.running, r.Point)
	m.tell(now, ends[state], r.point, r.Actor, r.detail(), point.Words{
		Zh: fmt.Sprintf("%s → %s：%s", r.point.Title().Zh, r.To.Zh, result.Zh),
		En: fmt.Sprintf("%s → %s: %s", r.point.Title().En, r.To.En, result.En)})
	if state == Done {
		m.heal(r.Point)
	} else {
		m.faults[r.Point] = &fault{point: r.point, value: r.value}
		m.signals = append(m.signals, alarm.Signal{Key: Key(r.Point), Active: true, ValueText: result})
	}
	m.watch()
	m.note(r)
}

func (r *pending) detail() Detail {
	return Detail{ID: r.ID, Old: r.old, New: r.value, Reason: r.Reason, Read: r.read, Error: r.failure, Unproven: readBack(r.point) == ""}
}

// heal ends the trouble of a point that obeys.
func (m *Machine) heal(p point.Name) {
	if m.faults[p] != nil {
		delete(m.faults, p)
		m.dirty[p] = true
		m.watch()
		m.signals = append(m.signals, alarm.Signal{Key: Key(p)})
	}
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
