package condition

import (
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Pretended tells whether the test would not hold without what a person simulates. A
// test of several points that hold in truth is not pretended because another of them is
// simulated.
func Pretended(t Test) bool {
	if s, ok := t.(interface{ pretended() bool }); ok {
		return s.pretended()
	}
	return slices.ContainsFunc(t.Inputs(), func(in event.Input) bool { return in.Quality.IsSimulated() })
}

func (t *tally) pretended() (any bool) {
	really := 0
	for i := range t.members {
		switch m := &t.members[i]; {
		case m.last.Quality.IsSimulated():
			any = true
		case m.sure && m.holds:
			really++
		}
	}
	return any && really < t.least
}

func (f *formula) pretended() bool {
	if !slices.ContainsFunc(f.inputs, func(i input) bool { return i.last.Quality.IsSimulated() }) {
		return false
	}
	holds, ok := f.program.Eval(func(n point.Name) (point.Value, point.Words, bool) {
		v, state, usable := f.read(n)
		return v, state, usable && !f.inputs[f.index[n]].last.Quality.IsSimulated()
	})
	return !holds || !ok
}

// Alone tells whether a test of a level holds for that value by itself, while its alarm
// does not stand. False for a test that needs more than one reading.
func Alone(t Test, v point.Value) bool {
	l, is := t.(*level)
	if !is {
		return false
	}
	holds, ok := l.judge(v, false)
	return holds && ok
}
