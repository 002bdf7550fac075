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

// Alone tells whether the value of one of its points is by itself what the test waits
// for, while its alarm does not stand: a level that is reached, also as one of several.
// known is false for a test that no single reading decides.
func Alone(t Test, n point.Name, v point.Value) (is, known bool) {
	switch t := t.(type) {
	case *level:
		return t.reached(v), true
	case *tally:
		i, mine := t.index[n]
		return mine && t.members[i].reached(v), true
	}
	return false, false
}

func (l *level) reached(v point.Value) bool {
	holds, ok := l.judge(v, false)
	return holds && ok
}
