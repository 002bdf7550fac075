package command

import (
	"fmt"
	"math"
	"strconv"

	"watchbox/firmware/point"
)

// Fit makes of a value, as a person or a program gave it, one of the point's
// kind, and refuses what the point does not take: text, out of its range, a step
// finer than it has, a state without a name. The refusal names what is allowed.
func Fit(p *point.Point, v point.Value) (point.Value, error) {
	if !p.Write {
		return v, refuse(p.Name, "该点只能读，不能写", "it can only be read")
	}
	f, number := v.Float()
	if !number || math.IsNaN(f) || math.IsInf(f, 0) {
		return v, refuse(p.Name, fmt.Sprintf("读到 %q，应为%s", v, Range(p).Zh), fmt.Sprintf("read %q, allowed %s", v, Range(p).En))
	}
	outside := p.Low != nil && f < *p.Low || p.High != nil && f > *p.High
	switch {
	case p.Kind == point.Bool:
		outside = f != 0 && f != 1
	case len(p.States) > 0:
		_, named := p.States[int64(f)]
		outside = outside || !named || f != math.Trunc(f)
	}
	if outside || !stepped(p, f) {
		return v, refuse(p.Name, fmt.Sprintf("读到 %s，允许%s", v, Range(p).Zh), fmt.Sprintf("read %s, allowed %s", v, Range(p).En))
	}
	switch p.Kind {
	case point.Bool:
		return point.OfBool(f == 1), nil
	case point.Int:
		return point.OfInt(int64(f)), nil
	}
	return point.OfReal(f), nil
}

// stepped is true when the point can hold f: with its decimals, or whole.
func stepped(p *point.Point, f float64) bool {
	if p.Kind == point.Bool || math.Abs(f) > 1<<50 {
		return p.Kind == point.Bool
	}
	scaled := f * math.Pow10(p.Decimals)
	return math.Abs(scaled-math.Round(scaled)) < 1e-6
}

// Range is what may be written to the point, in words.
func Range(p *point.Point) point.Words {
	if len(p.States) > 0 && len(p.States) <= 8 {
		return states(p)
	}
	if p.Kind == point.Bool {
		return point.Words{Zh: " true 或 false", En: "true or false"}
	}
	unit := ""
	if p.Unit != "" {
		unit = " " + string(p.Unit)
	}
	step := strconv.FormatFloat(math.Pow10(-p.Decimals), 'f', p.Decimals, 64)
	zh, en := " 任意值", "any number"
	switch {
	case p.Low != nil && p.High != nil:
		zh, en = " "+number(p, *p.Low)+" 到 "+number(p, *p.High)+unit, number(p, *p.Low)+" to "+number(p, *p.High)+unit
	case p.Low != nil:
		zh, en = "不低于 "+number(p, *p.Low)+unit, "at least "+number(p, *p.Low)+unit
	case p.High != nil:
		zh, en = "不高于 "+number(p, *p.High)+unit, "at most "+number(p, *p.High)+unit
	}
	return point.Words{Zh: zh + "，步长 " + step, En: en + " in steps of " + step}
}

// states lists the named states: "0 关机 · 1 开机".
func states(p *point.Point) (w point.Words) {
	for n := int64(0); n < 64; n++ {
		s, named := p.States[n]
		if !named {
			continue
		}
		mark := " "
		if w.Zh != "" {
			mark = " · "
		}
		w.Zh += fmt.Sprintf("%s%d %s", mark, n, s.In("zh"))
		w.En += fmt.Sprintf("%s%d %s", mark, n, s.In("en"))
	}
	if w.En != "" {
		w.En = w.En[1:]
	}
	return w
}

func number(p *point.Point, f float64) string { return strconv.FormatFloat(f, 'f', p.Decimals, 64) }

// Shown is a value of the point as a person reads it.
func Shown(p *point.Point, v point.Value) point.Words {
	f, isNumber := v.Float()
	if s, named := p.States[int64(f)]; named && isNumber {
		return point.Words{Zh: s.In("zh"), En: s.In("en")}
	}
	text := v.String()
	if v.Kind() == point.Bool {
		return map[bool]point.Words{true: {Zh: "开", En: "on"}, false: {Zh: "关", En: "off"}}[v.Truth()]
	}
	if isNumber {
		text = number(p, f)
	}
	if p.Unit != "" && text != "" {
		text += " " + string(p.Unit)
	}
	return point.Words{Zh: text, En: text}
}

// same tells whether what was read is what was ordered, as far as the point shows it.
func same(p *point.Point, ordered, read point.Value) bool {
	f, ok := ordered.Float()
	g, also := read.Float()
	if !ok || !also {
		return false
	}
	if p.Feedback != "" && p.Feedback != p.Name { // another point: on or off is all that they share
		return ordered.Truth() == read.Truth()
	}
	return math.Abs(f-g) <= 0.5*math.Pow10(-p.Decimals)
}
