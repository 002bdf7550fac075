package maps

import (
	"fmt"
	"math/bits"
	"slices"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// check looks at what the keys of an entry say together, and hands the register
// down to its bits.
func (e *entry) check(r *reader, n *yaml.Node, path string) {
	p := &e.p
	if e.tables != 1 {
		r.refuse(n, path, fmt.Sprintf("%d tables", e.tables), "exactly one of coil, discrete, holding, input, info")
		return
	}
	if p.Table != Info && (p.Own || p.Ask != "") || p.Own && p.Ask != "" || len(p.Ask) > askLimit {
		r.refuse(n, path, "ask or ask-address", fmt.Sprintf("one of them, with info, of at most %d bytes", askLimit))
	}
	if e.at != nil && p.Table != Info {
		r.refuse(n, path, "at beside "+p.Table.String(), "at with info")
	} else if e.at != nil {
		p.Address = *e.at
	}
	if p.Table == Info && Orders(p.Command) {
		r.refuse(n, path, p.Question.Name()+" as a question", "a command that only reads")
	}
	if e.bits != nil {
		e.adopt(r, n, path)
		return
	}
	e.sent.settle(p)
	if p.Item == "" {
		r.refuse(n, join(path, "item"), "nothing", "a value")
	}
	if p.Label.IsZero() {
		r.refuse(n, join(path, "label"), "nothing", "a value")
	}
	for _, c := range [...]func(*Point) []doubt{e.read, written, ordered, numbers} {
		for _, d := range c(p) {
			if d.bad {
				r.refuse(n, path, d.read, d.allowed)
			}
		}
	}
}

// askLimit is the most bytes that go with a question: the standard's are one or two.
const askLimit = 8

// doubt is one thing that may be wrong with a point.
type doubt struct {
	bad           bool
	read, allowed string
}

// read is what can be wrong with where a point is and how it is read.
func (e *entry) read(p *Point) []doubt {
	return []doubt{
		{(p.Table == Info) != (e.m.Protocol == YDT1363), p.Table.String() + " in a map of " + e.m.Protocol, "info in a map of ydt1363, and only there"},
		{p.Table != Info && (p.Type == U8 || p.Type == U24 || p.Type == Status || p.Type == Clock), "type " + p.Type.String(), "u8, u24, status and clock on info"},
		{p.Type != Status && p.Normal != nil, "normal without type status", "them together"},
		{p.Table == Info && (p.Type == Any || p.Type == ASCII), "type " + p.Type.String() + " on info", "another type"},
		{p.Table.Bits() && p.Type != Bit, "a type", "no type on a coil or a discrete input"},
		{(p.Type == Any) != (len(p.Masks) > 0), "type and masks that do not go together", "masks with type any, and only there"},
		{(p.Type == ASCII) != (p.Length > 0), "type and length that do not go together", "length with type ascii, and only there"},
		{len(p.Masks) > 125, "too many masks", "125"},
		{int(p.Address)+p.Width() > 65536, "a point beyond the last address", "addresses to 65535"},
		{!p.Table.Bits() && p.Width() > e.m.Registers, "a point wider than max-registers", "one request per point"},
		{p.Clear != "" && p.Kind() != point.Bool, "clear on a " + p.Kind().String(), "clear on an alarm"},
	}
}

// written is what can be wrong with what may be set.
func written(p *Point) []doubt {
	return []doubt{
		{p.Write && (p.Table == Discrete || p.Table == Input), "write on a " + p.Table.String(), "write on coil, holding and info"},
		{p.Write && (p.Table != Coil && !p.Type.number() || p.Mask != 0), "write on what is no plain number", "write on one value"},
		{!p.Write && (p.WriteTo != nil || p.WriteMin != nil || p.WriteMax != nil || p.Feedback != "" || !p.Confirm.IsZero()),
			"write-to, write-min, write-max, feedback or confirm without write", "write: true beside them"},
		{p.WriteTo != nil && p.Table != Holding, "write-to on a " + p.Table.String(), "write-to on holding"},
		{p.WriteMin != nil && p.WriteMax != nil && *p.WriteMin > *p.WriteMax, "write-min above write-max", "write-min below write-max"},
	}
}

// numbers is what can be wrong with the arithmetic of a point.
func numbers(p *Point) []doubt {
	field := p.Mask >> bits.TrailingZeros16(p.Mask)
	return []doubt{
		{p.Scale == 0, "scale 0", "another number"},
		{p.Texts != nil && p.States != nil, "texts and states", "one of them"},
		{p.Min != nil && p.Max != nil && *p.Min > *p.Max, "min above max", "min below max"},
		{!p.Type.number() && (p.Scale != 1 || p.Offset != 0 || p.Texts != nil || p.Invalid != nil || p.Mask != 0), "arithmetic on " + p.Type.String(), "it as it is"},
		{p.Mask != 0 && p.Type != U16 && p.Type != U8, "mask on " + p.Type.String(), "mask on u16 and u8"},
		{p.Mask != 0 && field&(field+1) != 0, fmt.Sprintf("mask %#x with a hole", p.Mask), "neighbouring bits"},
		{p.Kind() == point.Real && p.Unit == "", "a quantity without a unit", "unit, or unit: none"},
	}
}

// adopt gives the bits their register.
func (e *entry) adopt(r *reader, n *yaml.Node, path string) {
	if e.p.Item != "" || e.p.Table.Bits() || e.p.Write || e.p.Order != nil {
		r.refuse(n, path, "bits beside an item, on a table of bits, or to be written", "bits of a register, alone")
	}
	if of := e.m.Protocol == YDT1363; of != (e.p.Table == Info) {
		r.refuse(n, path, e.p.Table.String()+" in a map of "+e.m.Protocol, "info in a map of ydt1363, and only there")
	}
	for i := range e.bits {
		b := &e.bits[i]
		b.Table, b.Question = e.p.Table, e.p.Question
		if b.Type == Status {
			b.Normal = e.p.Normal
		} else {
			b.Address = e.p.Address
		}
		if b.Confidence == "" {
			b.Confidence = e.p.Confidence
		}
		if b.Source == "" {
			b.Source = e.p.Source
		}
		if b.States == nil {
			b.States = normalAlarm
		}
		if slices.ContainsFunc(e.bits[:i], func(o Point) bool { return o.Bit == b.Bit && o.Address == b.Address }) {
			r.refuse(n, path, fmt.Sprintf("%s a second time", b.place()), "each once")
		}
	}
}

// normalAlarm are the texts of a bit that names none.
var normalAlarm = map[int64]point.Words{0: {Zh: "正常", En: "normal"}, 1: {Zh: "告警", En: "alarm"}}
