package alarm

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// test judges one value. active is whether the alarm stands now: the deadband
// counts only then, so that a value must pass the limit itself to raise. ok is
// false when the value has no answer to the question (a text beside a limit).
type test func(v point.Value, active bool) (holds, ok bool)

// compile makes the test of a condition on the point, or says what is wrong.
func (c Condition) compile(p *point.Point) (test, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case c.Above != nil || c.Below != nil:
		if p.Kind == point.Text {
			return nil, fmt.Errorf("above and below ask for a number, %s is a text", p.Name)
		}
		return c.limit(), nil
	case c.Is != "":
		return equals(c.Is, p, true)
	}
	return equals(c.IsNot, p, false)
}

// check reports a condition that is none or several at once.
func (c Condition) check() error {
	n := 0
	for _, set := range []bool{c.Above != nil, c.Below != nil, c.Is != "", c.IsNot != ""} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return fmt.Errorf("when: want exactly one of above, below, is, is-not; found %d", n)
	case c.Deadband < 0 || math.IsNaN(c.Deadband) || math.IsInf(c.Deadband, 0):
		return fmt.Errorf("when: deadband %v: want 0 or more", c.Deadband)
	case c.Deadband > 0 && c.Above == nil && c.Below == nil:
		return fmt.Errorf("when: deadband goes with above or below only")
	}
	return nil
}

// limit raises beyond the limit and clears the deadband inside it.
func (c Condition) limit() test {
	sign, at := 1.0, 0.0
	if c.Above != nil {
		at = *c.Above
	} else {
		sign, at = -1, -*c.Below
	}
	return func(v point.Value, active bool) (bool, bool) {
		f, ok := v.Float()
		if !ok || math.IsNaN(f) {
			return false, false
		}
		if active {
			return sign*f > at-c.Deadband, true
		}
		return sign*f > at, true
	}
}

// equals compares with true, false, a number, the text of a named state, or a
// text. want is what a match means.
func equals(s string, p *point.Point, want bool) (test, error) {
	if f, ok := number(s, p); ok {
		return func(v point.Value, _ bool) (bool, bool) {
			if v.Kind() == point.Text {
				return (v.String() == s) == want, true
			}
			g, ok := v.Float()
			return (f == g) == want, ok && !math.IsNaN(g)
		}, nil
	}
	if p.Kind != point.Text && p.Kind != point.None {
		return nil, fmt.Errorf("when: %q: %s is a %s and knows no such state", s, p.Name, p.Kind)
	}
	return func(v point.Value, _ bool) (bool, bool) {
		return (v.String() == s) == want, !v.IsNone()
	}, nil
}

// number reads s as the number that the point would have.
func number(s string, p *point.Point) (float64, bool) {
	for n, w := range p.States {
		if s == w.Zh || s == w.En {
			return float64(n), true
		}
	}
	switch s {
	case "true":
		return 1, p.Kind != point.Text
	case "false":
		return 0, p.Kind != point.Text
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && p.Kind != point.Text
}

// shown is the value as a person reads it, with unit: "31.2 °C". A named state
// comes in both languages; a bare contact shows nothing, its label says it all.
func shown(v point.Value, p *point.Point) (value string, words point.Words) {
	if p == nil {
		return v.String(), words
	}
	if f, ok := v.Float(); ok && v.Kind() != point.Real {
		if w, named := p.States[int64(f)]; named {
			return w.In("zh"), w
		}
	}
	switch v.Kind() {
	case point.Bool, point.None:
		return "", words
	case point.Real:
		f, _ := v.Float()
		value = strconv.FormatFloat(f, 'f', min(max(p.Decimals, 0), 9), 64)
	default:
		value = v.String()
	}
	return strings.TrimSpace(value + " " + string(p.Unit)), words
}
