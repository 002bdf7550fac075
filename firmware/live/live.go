// Package live is the current-value table: the last sample of each point,
// staleness, and a snapshot that costs a reader nothing. The table belongs to
// the engine's goroutine; a Snapshot may be read by anybody for ever.
package live

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"watchbox/firmware/point"
)

// pageSize is how many entries one change copies.
const pageSize = 16

type page [pageSize]Entry

// Entry is one point with what is known of it now.
type Entry struct {
	Point *point.Point // description, never changes
	Last  point.Sample // newest sample; when it is bad, its value is the last good one; it may be a simulated one
	Good  point.Sample // newest usable sample; zero when there never was one
	Seen  bool         // anything arrived since start
}

// index is shared by a table and its snapshots; it never changes.
type index struct {
	byName map[point.Name]int
	names  []point.Name
}

// Snapshot is the table as it was at one moment.
type Snapshot struct {
	index *index
	pages []*page
}

// Table holds the newest sample of each point that was described to New.
type Table struct {
	Snapshot
	frozen bool   // the list of pages was handed out: copy it before the next change
	shared []bool // and so was the page
	stale  int    // where the sweep for stale points goes on
}

// New makes a table of the points, in the order of their names. A name that
// comes twice is an error: two devices would write over each other.
func New(points []point.Point) (*Table, error) {
	sorted := append([]point.Point(nil), points...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	ix := &index{byName: make(map[point.Name]int, len(sorted))}
	t := &Table{Snapshot: Snapshot{index: ix}}
	for i := range sorted {
		p := &sorted[i]
		if _, twice := ix.byName[p.Name]; twice {
			return nil, fmt.Errorf("point %s is described twice: two devices give the same point", p.Name)
		}
		ix.byName[p.Name] = i
		ix.names = append(ix.names, p.Name)
		if i%pageSize == 0 {
			t.pages = append(t.pages, new(page))
		}
		t.pages[i/pageSize][i%pageSize] = Entry{Point: p}
	}
	t.shared = make([]bool, len(t.pages))
	return t, nil
}

// Put stores s. A bad sample keeps the last good value beside its reason. It
// answers with the entry as it now is; ok is false for a point nobody described.
func (t *Table) Put(s point.Sample) (e Entry, ok bool) {
	slot := t.slot(s.Point)
	if slot == nil {
		return Entry{}, false
	}
	*slot = slot.With(s)
	return *slot, true
}

// Set makes the entry of a point what it was before something else stood there.
func (t *Table) Set(e Entry) {
	if slot := t.slot(e.Point.Name); slot != nil {
		slot.Last, slot.Good, slot.Seen = e.Last, e.Good, e.Seen
	}
}

// slot is where the point's entry may be written; nil when nobody described it.
func (t *Table) slot(n point.Name) *Entry {
	i, ok := t.index.byName[n]
	if !ok {
		return nil
	}
	return &t.own(i / pageSize)[i%pageSize]
}

// With is the entry after s: a bad sample keeps the last good value beside its
// reason.
func (e Entry) With(s point.Sample) Entry {
	if s.Quality.Usable() {
		e.Good = s
	} else {
		s.Value = e.Good.Value
	}
	e.Last, e.Seen = s, true
	return e
}

func (t *Table) own(n int) *page {
	if !t.shared[n] {
		return t.pages[n]
	}
	if t.frozen {
		t.pages, t.frozen = slices.Clone(t.pages), false
	}
	c := *t.pages[n]
	t.pages[n], t.shared[n] = &c, false
	return t.pages[n]
}

// Snapshot freezes the table as it is.
func (t *Table) Freeze() Snapshot {
	t.frozen = true
	for i := range t.shared {
		t.shared[i] = true
	}
	return t.Snapshot
}

// Stale calls f for some points that are older than they may be, at most n
// looked at per call, so that the engine is never held up; f gets the sample to put.
func (t *Table) Stale(now point.Instant, n int, f func(point.Sample)) {
	for range min(n, t.Len()) {
		t.stale = (t.stale + 1) % t.Len()
		e := &t.pages[t.stale/pageSize][t.stale%pageSize]
		limit := time.Duration(e.Point.Stale) * time.Millisecond
		if limit > 0 && e.Seen && e.Last.Quality.Usable() && now.Since(e.Last.At) > limit {
			f(point.Sample{Point: e.Point.Name, Quality: point.BadBecause(point.Stale), At: now})
		}
	}
}

// Hiding is the snapshot in which the points that are hidden were never read.
// It copies the pages that hold one.
func (s Snapshot) Hiding(hidden func(point.Name) bool) Snapshot {
	h := Snapshot{s.index, append([]*page(nil), s.pages...)}
	for i := range s.Len() {
		if !hidden(s.index.names[i]) {
			continue
		}
		if n := i / pageSize; h.pages[n] == s.pages[n] {
			c := *s.pages[n]
			h.pages[n] = &c
		}
		h.pages[i/pageSize][i%pageSize] = Entry{Point: s.At(i).Point}
	}
	return h
}

// Len is the number of points.
func (s Snapshot) Len() int {
	if s.index == nil {
		return 0
	}
	return len(s.index.names)
}

// At returns the i-th entry in the order of names.
func (s Snapshot) At(i int) Entry { return s.pages[i/pageSize][i%pageSize] }

// Get returns the entry of the point; ok is false when nobody described it.
func (s Snapshot) Get(n point.Name) (e Entry, ok bool) {
	if s.index == nil {
		return e, false
	}
	i, ok := s.index.byName[n]
	if !ok {
		return e, false
	}
	return s.At(i), true
}
