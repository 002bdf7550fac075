package condition

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/expression"
	"watchbox/firmware/point"
)

// member is one point of a tally. One that cannot be read is in doubt: a count
// never falls because a wire broke.
type member struct {
	level
	holds, sure bool
}

// tally holds while at least so many of its points are beyond their limit.
type tally struct {
	members []member
	index   map[point.Name]int
	least   int
}

func (t *tally) Sample(now point.Instant, s point.Sample, _ bool) Verdict {
	i, mine := t.index[s.Point]
	if !mine {
		return Unsure
	}
	m := &t.members[i]
	v := m.level.Sample(now, s, m.holds)
	if m.sure = v != Unsure; m.sure {
		m.holds = v == Holds
	}
	return t.Tick(now, false)
}

// Tick counts. Unsure only while the doubtful ones could tip the balance.
func (t *tally) Tick(point.Instant, bool) Verdict {
	sure, doubtful := 0, 0
	for i := range t.members {
		m := &t.members[i]
		switch {
		case m.sure && m.holds:
			sure++
		case !m.sure:
			doubtful++
		}
	}
	switch {
	case sure >= t.least:
		return Holds
	case sure+doubtful >= t.least:
		return Unsure
	}
	return Clear
}

func (t *tally) Next() time.Duration { return point.Never }

func (t *tally) Inputs() (all []event.Input) {
	for i := range t.members {
		all = append(all, t.members[i].told())
	}
	return all
}

// formula holds while its expression is true.
type formula struct {
	program *expression.Program
	inputs  []input
	index   map[point.Name]int
}

func (f *formula) Sample(now point.Instant, s point.Sample, _ bool) Verdict {
	if i, mine := f.index[s.Point]; mine {
		f.inputs[i].last = s
	}
	return f.Tick(now, false)
}

func (f *formula) Tick(point.Instant, bool) Verdict {
	holds, ok := f.program.Eval(f.read)
	if !ok {
		return Unsure
	}
	return verdict(holds)
}

func (f *formula) read(name point.Name) (point.Value, point.Words, bool) {
	in := &f.inputs[f.index[name]]
	_, state := Shown(in.last.Value, in.point)
	return in.last.Value, state, in.last.Point != "" && in.last.Quality.Usable()
}

func (f *formula) Next() time.Duration { return point.Never }

func (f *formula) Inputs() (all []event.Input) {
	for i := range f.inputs {
		all = append(all, f.inputs[i].told())
	}
	return all
}

// Several is a test over the points of a rule.
type Several interface {
	Test
	// Seen are its points with their newest readings.
	Seen() []Reading
}

// Reading is the newest reading of one point of several.
type Reading struct {
	Point    *point.Point
	Last     point.Sample
	Beyond   bool // of at-least: beyond its limit
	Doubtful bool // it cannot be read
}

// Seen says which are beyond their limit.
func (t *tally) Seen() (all []Reading) {
	for i := range t.members {
		m := &t.members[i]
		all = append(all, Reading{m.point, m.last, m.sure && m.holds, !m.sure})
	}
	return all
}

// Seen says what the expression reads.
func (f *formula) Seen() (all []Reading) {
	for i := range f.inputs {
		in := &f.inputs[i]
		all = append(all, Reading{in.point, in.last, false, in.last.Point == "" || !in.last.Quality.Usable()})
	}
	return all
}
