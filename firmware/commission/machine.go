package commission

import (
	"slices"
	"time"

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
	views   []*ItemView     // replaced, never written to, nor is what stands in it
	altered map[string]bool // of which they are not what they should be
	records []event.Record
	dirty   map[string]bool
}

// test is one that runs.
type test struct {
	Test
	item  Item
	until time.Duration
	last  map[point.Name]point.Value // of each watched point: the newest that was told
	feint map[point.Name]bool        // which of them were simulated
}

// New makes the checklist of a site.
func New(items []Item, points []point.Point) *Machine {
	m := &Machine{entries: map[string]Entry{}, tests: map[string]*test{}, altered: map[string]bool{}, dirty: map[string]bool{}}
	m.Reload(items, points)
	return m
}

// Reload takes the items of another site file. What was signed stays, also of an item
// that is gone: it may come back. A test of one that is gone, or looks at other points
// now, is over.
func (m *Machine) Reload(items []Item, points []point.Point) {
	m.items, m.index, m.points = items, map[string]int{}, map[point.Name]*point.Point{}
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
	m.views = make([]*ItemView, len(items))
	for i := range items {
		m.views[i] = m.view(i)
	}
}

// look finds anew which points are watched.
func (m *Machine) look() {
	m.watched = map[point.Name][]*test{}
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
		return Unknown(key)
	case m.tests[key] != nil && m.tests[key].By != actor:
		return refuse(key, m.tests[key].By+" 正在测试这一项", m.tests[key].By+" tests it already")
	case m.tests[key] == nil && len(m.tests) >= testsLimit:
		return refuse(key, "同时进行的测试过多，先签结几项", "too many tests run: sign some first")
	}
	t := &test{Test: Test{By: actor, Since: now.Wall, Until: now.Wall.Add(TestFor)}, item: m.items[i], until: now.Mono + TestFor, last: map[point.Name]point.Value{}, feint: map[point.Name]bool{}}
	for _, n := range t.item.Watch {
		t.last[n] = value(n)
	}
	m.tests[key] = t
	m.altered[key] = true
	m.look()
	return nil
}

// Tick ends the tests that nobody signed.
func (m *Machine) Tick(now point.Instant) {
	for key, t := range m.tests {
		if now.Mono >= t.until {
			m.end(key)
		}
	}
}

// end ends a test.
func (m *Machine) end(key string) {
	delete(m.tests, key)
	m.altered[key] = true
	m.look()
}

// Next is when the first is over, or point.Never.
func (m *Machine) Next() time.Duration {
	next := point.Never
	for _, t := range m.tests {
		next = min(next, t.until)
	}
	return next
}

// Views lists the checklist. Nobody writes to it; a change replaces it, and the lines
// that changed: a site has thousands, and a test looks at a few.
func (m *Machine) Views() []*ItemView {
	if len(m.altered) == 0 {
		return m.views
	}
	m.views = slices.Clone(m.views)
	for key := range m.altered {
		if i, known := m.index[key]; known {
			m.views[i] = m.view(i)
		}
	}
	clear(m.altered)
	return m.views
}

func (m *Machine) view(i int) *ItemView {
	v := &ItemView{Item: m.items[i]}
	if e, signed := m.entries[v.Key]; signed {
		v.Entry = &e
	}
	if t := m.tests[v.Key]; t != nil {
		c := t.Test
		v.Test = &c
	}
	return v
}

// Take hands over what is to be journaled.
func (m *Machine) Take() []event.Record {
	r := m.records
	m.records = nil
	return r
}
