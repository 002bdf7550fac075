package commission

import (
	"math"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Machine keeps the checklist. One goroutine may use it; it reads no clock.
type Machine struct {
	items   []Item
	index   map[string]int // by key
	points  map[point.Name]*point.Point
	entries map[string]Entry
	tests   map[string]*test
	watched map[point.Name][]*test
	views   []ItemView // replaced, never written to
	stale   bool
	records []event.Record
	dirty   map[string]bool
}

// test is one that runs.
type test struct {
	Test
	item  Item
	until time.Duration
	last  map[point.Name]point.Value // of each watched point: the newest that was told
}

// New makes the checklist of a site.
func New(items []Item, points []point.Point) *Machine {
	m := &Machine{entries: map[string]Entry{}, tests: map[string]*test{}, dirty: map[string]bool{}}
	m.Reload(items, points)
	return m
}

// Reload takes the items of another site file. What was signed stays, also of an item
// that is gone: it may come back. A test of one that is gone, or looks at other points
// now, is over.
func (m *Machine) Reload(items []Item, points []point.Point) {
	m.items, m.index, m.points, m.stale = items, map[string]int{}, map[point.Name]*point.Point{}, true
	for i, it := range items {
		m.index[it.Key] = i
	}
	for i := range points {
		m.points[points[i].Name] = &points[i]
	}
	for key, t := range m.tests {
		if i, still := m.index[key]; !still || !slices.Equal(items[i].Watch, t.item.Watch) {
			delete(m.tests, key)
		}
	}
	m.look()
}

// look finds anew which points are watched.
func (m *Machine) look() {
	m.watched, m.stale = map[point.Name][]*test{}, true
	for _, t := range m.tests {
		for _, n := range t.item.Watch {
			m.watched[n] = append(m.watched[n], t)
		}
	}
}

// Begin begins a test, or begins it anew. now is told what each watched point reads by
// value: a change is held against that.
func (m *Machine) Begin(now point.Instant, key, actor string, value func(point.Name) point.Value) error {
	i, known := m.index[key]
	switch {
	case !known:
		return refuse(key, "调试清单上没有这一项", "the checklist has no such item")
	case m.tests[key] != nil && m.tests[key].By != actor:
		return refuse(key, m.tests[key].By+" 正在测试这一项", m.tests[key].By+" tests it already")
	case m.tests[key] == nil && len(m.tests) >= testsLimit:
		return refuse(key, "同时进行的测试过多，先签结几项", "too many tests run: sign some first")
	}
	t := &test{Test: Test{By: actor, Since: now.Wall, Until: now.Wall.Add(TestFor)}, item: m.items[i], until: now.Mono + TestFor, last: map[point.Name]point.Value{}}
	for _, n := range t.item.Watch {
		t.last[n] = value(n)
	}
	m.tests[key] = t
	m.look()
	return nil
}

// Sample takes a reading. It costs one look-up while nothing is tested.
func (m *Machine) Sample(now point.Instant, s point.Sample) {
	if len(m.watched) == 0 || !s.Quality.Usable() || s.Value.IsNone() {
		return
	}
	for _, t := range m.watched[s.Point] {
		if was := t.last[s.Point]; m.news(s, was) {
			t.last[s.Point] = s.Value
			m.saw(now, t, s.Quality.IsSimulated(), m.moved(s.Point, was, s.Value))
		}
	}
}

// steps is by how many of its last shown place a measured value must move to be seen:
// the air of a quiet room is no test of a sensor.
const steps = 10

// news tells whether the reading shows that something was done.
func (m *Machine) news(s point.Sample, was point.Value) bool {
	p, is := m.points[s.Point], s.Value
	f, ok1 := was.Float()
	g, ok2 := is.Float()
	if p == nil || p.Kind != point.Real || !ok1 || !ok2 || s.Quality.IsSimulated() {
		return was != is
	}
	return math.Abs(g-f) >= steps*math.Pow10(-p.Decimals)*(1-1e-9)
}

// moved says how a point changed. What a reader read is shown by its last four places.
func (m *Machine) moved(n point.Name, was, is point.Value) point.Words {
	p := m.points[n]
	if p == nil {
		p = &point.Point{Name: n}
	}
	title, to := p.Title(), shown(p, is)
	if was.IsNone() || p.Kind == point.Text {
		return point.Words{Zh: title.Zh + "：" + to.Zh, En: title.En + ": " + to.En}
	}
	from := shown(p, was)
	return point.Words{Zh: title.Zh + "：" + from.Zh + " → " + to.Zh, En: title.En + ": " + from.En + " → " + to.En}
}

func shown(p *point.Point, v point.Value) point.Words {
	if v.Kind() == point.Text {
		r := []rune(v.String())
		text := "***" + string(r[max(0, len(r)-4):])
		return point.Words{Zh: text, En: text}
	}
	return command.Shown(p, v)
}

// Level takes what an output was told to be; of a set-point nothing.
func (m *Machine) Level(now point.Instant, output point.Name, on bool) {
	if len(m.watched[output]) == 0 || m.points[output] != nil && m.points[output].Kind != point.Bool {
		return
	}
	w := map[bool]point.Words{true: {Zh: "输出接通", En: "output switched on"}, false: {Zh: "输出断开", En: "output switched off"}}[on]
	for _, t := range m.watched[output] {
		m.saw(now, t, false, w)
	}
}

// Alarm takes a change of an alarm: a raise that belongs to an item is what its test
// was for.
func (m *Machine) Alarm(c alarm.Change) {
	if len(m.tests) == 0 || c.Type != event.AlarmRaised {
		return
	}
	for _, t := range m.tests {
		if c.Alarm.Key == t.item.Key || strings.HasPrefix(c.Alarm.Key, t.item.Key+"/") || slices.Contains(t.item.Watch, c.Alarm.Point) {
			text := alarm.Text(c, point.Words{})
			m.saw(c.At, t, c.Alarm.Simulated, point.Words{Zh: "报警：" + text.Zh, En: "alarm: " + text.En})
		}
	}
}

// saw notes it. Of many the first ones stay, and the newest.
func (m *Machine) saw(now point.Instant, t *test, simulated bool, w point.Words) {
	s := Seen{At: now.Wall, Text: w, Simulated: simulated}
	if t.Saw = append(slices.Clone(t.Saw), s); len(t.Saw) > seenLimit {
		t.Saw = slices.Delete(t.Saw, seenLimit-2, len(t.Saw)-1)
	}
	m.stale = true
}

// Tick ends the tests that nobody signed.
func (m *Machine) Tick(now point.Instant) {
	for key, t := range m.tests {
		if now.Mono >= t.until {
			delete(m.tests, key)
			m.look()
		}
	}
}

// Next is when the first is over, or point.Never.
func (m *Machine) Next() time.Duration {
	next := point.Never
	for _, t := range m.tests {
		next = min(next, t.until)
	}
	return next
}

// Views lists the checklist. Nobody writes to it; a change replaces it.
func (m *Machine) Views() []ItemView {
	if !m.stale {
		return m.views
	}
	m.stale = false
	m.views = make([]ItemView, len(m.items))
	for i, it := range m.items {
		m.views[i].Item = it
		if e, signed := m.entries[it.Key]; signed {
			m.views[i].Entry = &e
		}
		if t := m.tests[it.Key]; t != nil {
			c := t.Test
			m.views[i].Test = &c
		}
	}
	return m.views
}

// Take hands over what is to be journaled.
func (m *Machine) Take() []event.Record {
	r := m.records
	m.records = nil
	return r
}
