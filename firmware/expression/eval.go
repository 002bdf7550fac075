package expression

import (
	"math"

	"watchbox/firmware/point"
)

// fetch makes a value of a reading. A named state compares as a number and as
// its text in both languages.
func fetch(v point.Value, state point.Words, usable bool) value {
	if !usable || v.IsNone() {
		return value{}
	}
	if v.Kind() == point.Text {
		return value{kind: text, s: v.String()}
	}
	f, ok := v.Float()
	if !ok || math.IsNaN(f) {
		return value{}
	}
	named := ""
	if !state.IsZero() {
		named = state.Zh + "\x00" + state.En
	}
	return value{kind: number, f: f, s: named}
}

func truth(b bool) value {
	if b {
		return value{kind: number, f: 1}
	}
	return value{kind: number}
}

func of(f float64) value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return value{}
	}
	return value{kind: number, f: f}
}

func one(c code, v value) value {
	switch {
	case v.kind != number:
		return value{}
	case c == not:
		return truth(v.f == 0)
	case c == negate:
		return of(-v.f)
	}
	return of(math.Abs(v.f))
}

func two(c code, a, b value) value {
	switch c {
	case and:
		return both(a, b)
	case or:
		return one(not, both(one(not, a), one(not, b)))
	case equal, unequal:
		same, ok := equals(a, b)
		if !ok {
			return value{}
		}
		return truth(same == (c == equal))
	}
	if a.kind != number || b.kind != number {
		return value{}
	}
	return calculate(c, a.f, b.f)
}

// both is the three-valued and: false wins over unknown.
func both(a, b value) value {
	switch {
	case a.kind == number && a.f == 0, b.kind == number && b.f == 0:
		return truth(false)
	case a.kind != number || b.kind != number:
		return value{}
	}
	return truth(true)
}

func calculate(c code, a, b float64) value {
	switch c {
	case add:
		return of(a + b)
	case subtract:
		return of(a - b)
	case multiply:
		return of(a * b)
	case divide:
		return of(a / b)
	case less:
		return truth(a < b)
	case lessEqual:
		return truth(a <= b)
	case least:
		return of(min(a, b))
	}
	return of(max(a, b))
}

// equals compares numbers, texts, and a text with a named state.
func equals(a, b value) (same, ok bool) {
	switch {
	case a.kind == unknown || b.kind == unknown:
		return false, false
	case a.kind == b.kind && a.kind == text:
		return a.s == b.s, true
	case a.kind == b.kind:
		return a.f == b.f, true
	case a.kind == text:
		a, b = b, a
	}
	for _, s := range names(a.s) {
		if s == b.s {
			return true, true
		}
	}
	return false, a.s != ""
}

// names are the two texts of a named state.
func names(s string) []string {
	for i := range s {
		if s[i] == 0 {
			return []string{s[:i], s[i+1:]}
		}
	}
	return nil
}
