package condition

import (
	"slices"

	"watchbox/firmware/point"
)

// Pretended of one point: it rests on nothing else.
func (i *input) Pretended() bool { return i.last.Quality.IsSimulated() }

// Pretended of several: what holds in truth is not pretended because another of them
// is simulated.
func (t *tally) Pretended() (any bool) {
	really := 0
	for i := range t.members {
		switch m := &t.members[i]; {
		case m.Pretended():
			any = true
		case m.sure && m.holds:
			really++
		}
	}
	return any && really < t.least
}

// Pretended holds the expression against what is not simulated alone.
func (f *formula) Pretended() bool {
	if !slices.ContainsFunc(f.inputs, func(i input) bool { return i.Pretended() }) {
		return false
	}
	holds, ok := f.program.Eval(func(n point.Name) (point.Value, point.Words, bool) {
		v, state, usable := f.read(n)
		return v, state, usable && !f.inputs[f.index[n]].Pretended()
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
