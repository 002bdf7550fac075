package condition

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// input is one point with its newest reading.
type input struct {
	point *point.Point
	last  point.Sample
}

// usable keeps the sample and tells whether anything can be said of it.
func (i *input) usable(s point.Sample) bool {
	i.last = s
	return s.Quality.Usable() && !s.Value.IsNone()
}

func (i *input) Inputs() []event.Input { return []event.Input{i.told()} }

func (i *input) told() event.Input {
	in := Told(i.point, i.last.Value, i.last)
	in.Point = i.point.Name
	return in
}

// Told is a reading as a decision keeps it: the value as it is shown, with the
// quality and the time of the newest sample, which may have brought no value.
func Told(p *point.Point, v point.Value, newest point.Sample) event.Input {
	shown, _ := Shown(v, p)
	if shown == "" {
		shown = v.String()
	}
	return event.Input{Point: newest.Point, Value: shown, Quality: newest.Quality, At: newest.At}
}

// level judges each value by itself.
type level struct {
	input
	judge func(v point.Value, active bool) (holds, ok bool)
}

func (l *level) Sample(_ point.Instant, s point.Sample, active bool) Verdict {
	if !l.usable(s) {
		return Unsure
	}
	return l.say(active)
}

func (l *level) say(active bool) Verdict {
	holds, ok := l.judge(l.last.Value, active)
	if !ok {
		return Unsure
	}
	return verdict(holds)
}

func (l *level) Tick(_ point.Instant, active bool) Verdict { return l.say(active) }
func (l *level) Next() time.Duration                       { return point.Never }

// level makes the judge of a limit or a state.
func (c Condition) level(p *point.Point) (func(point.Value, bool) (bool, bool), error) {
	switch {
	case c.Above != nil:
		return limit(1, *c.Above, c.End()), nil
	case c.Below != nil:
		return limit(-1, *c.Below, c.End()), nil
	case c.Is != "":
		return equals(c.Is, p, true)
	}
	return equals(c.IsNot, p, false)
}

// End is where an alarm of above or below clears; 0 for other conditions.
func (c Condition) End() float64 {
	switch {
	case c.ClearBelow != nil:
		return *c.ClearBelow
	case c.ClearAbove != nil:
		return *c.ClearAbove
	case c.Above != nil:
		return *c.Above - c.Deadband
	case c.Below != nil:
		return *c.Below + c.Deadband
	}
	return 0
}

// limit raises beyond the limit; what stands clears only beyond the end.
func limit(sign, at, end float64) func(point.Value, bool) (bool, bool) {
	return func(v point.Value, active bool) (bool, bool) {
		f, ok := v.Float()
		if !ok || math.IsNaN(f) {
			return false, false
		}
		if active {
			return sign*f > sign*end, true
		}
		return sign*f > sign*at, true
	}
}

// equals compares with true, false, a number, the text of a named state, or a
// text. want is what a match means.
func equals(s string, p *point.Point, want bool) (func(point.Value, bool) (bool, bool), error) {
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

// State reads s, as a rule names a state, as the value that the point would have;
// ok is false for a text.
func State(s string, p *point.Point) (v point.Value, ok bool) {
	f, ok := number(s, p)
	if p.Kind == point.Bool {
		return point.OfBool(f != 0), ok
	}
	return point.OfInt(int64(f)), ok && f == math.Trunc(f) && len(p.States) > 0
}

// Shown is the value as a person reads it, with unit: "31.2 °C". A named state
// comes in both languages; a bare contact shows nothing, its label says it all.
func Shown(v point.Value, p *point.Point) (value string, words point.Words) {
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
