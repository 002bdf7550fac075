package maps

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// entry reads one entry of points: one point, or the bits of one register.
type entry struct {
	*reader
	m      *Map
	p      Point
	bits   []Point
	tables int
}

func (e *entry) read(n *yaml.Node, key string) []Point {
	known := e.address()
	known["bits"] = func(n *yaml.Node, key string) { e.each(n, key, e.bit) }
	known["bytes"] = func(n *yaml.Node, key string) { e.each(n, key, e.byte) }
	e.describe(known, &e.p)
	e.value(known)
	e.fields(n, key, nil, known)
	e.check(n, key)
	if e.bits != nil {
		return e.bits
	}
	return []Point{e.p}
}

// address gives the four keys that say where the point is.
func (e *entry) address() keys {
	known := keys{}
	for t := Coil; t <= Input; t++ {
		known[t.String()] = func(n *yaml.Node, key string) {
			e.tables++
			e.p.Table, e.p.Address = t, uint16(e.number(n, key, 0, 65535))
			if t.Bits() {
				e.p.Type = Bit
			}
		}
	}
	known["info"] = func(n *yaml.Node, key string) {
		e.tables++
		e.p.Table, e.p.Command = Info, uint8(e.number(n, key, 0x41, 0xef))
	}
	known["at"] = func(n *yaml.Node, key string) { e.p.Address = uint16(e.number(n, key, 0, infoLimit)) }
	known["normal"] = func(n *yaml.Node, key string) {
		e.each(n, key, func(n *yaml.Node, key string) { e.p.Normal = append(e.p.Normal, uint8(e.number(n, key, 0, 255))) })
	}
	return known
}

// describe gives the keys that a point and a bit share.
func (e *entry) describe(known keys, p *Point) {
	known["item"] = func(n *yaml.Node, key string) { p.Item = e.item(n, key) }
	known["label"] = func(n *yaml.Node, key string) { p.Label = e.words(n, key) }
	known["rank"] = func(n *yaml.Node, key string) { p.Rank = Rank(e.choice(n, key, ranks...)) }
	known["states"] = func(n *yaml.Node, key string) { p.States = table(e.reader, n, key, e.words) }
	known["confidence"] = func(n *yaml.Node, key string) { p.Confidence = e.confidence(n, key) }
	known["source"] = func(n *yaml.Node, key string) { p.Source = e.text(n, key) }
}

// value gives the keys that say how the registers are read.
func (e *entry) value(known keys) {
	p := &e.p
	known["type"] = func(n *yaml.Node, key string) {
		p.Type = [...]Type{U16, S16, U32, S32, Float32, Any, U8, Status}[e.choice(n, key, "u16", "s16", "u32", "s32", "float32", "any", "u8", "status")]
	}
	known["masks"] = func(n *yaml.Node, key string) {
		e.each(n, key, func(n *yaml.Node, key string) { p.Masks = append(p.Masks, uint16(e.number(n, key, 0, 65535))) })
	}
	known["word-order"] = func(n *yaml.Node, key string) { p.LowFirst = e.choice(n, key, "high-first", "low-first") == 1 }
	known["scale"] = func(n *yaml.Node, key string) { p.Scale = e.real(n, key) }
	known["offset"] = func(n *yaml.Node, key string) { p.Offset = e.real(n, key) }
	known["unit"] = func(n *yaml.Node, key string) { p.Unit = point.Unit(e.text(n, key)) }
	known["decimals"] = func(n *yaml.Node, key string) { p.Decimals = int(e.number(n, key, 0, 6)) }
	known["counter"] = func(n *yaml.Node, key string) { p.Counter = e.truth(n, key) }
	known["texts"] = func(n *yaml.Node, key string) { p.Texts = table(e.reader, n, key, e.text) }
	known["invalid"] = func(n *yaml.Node, key string) {
		e.each(n, key, func(n *yaml.Node, key string) {
			p.Invalid = append(p.Invalid, uint32(e.number(n, key, 0, math.MaxUint32)))
		})
	}
	known["min"] = func(n *yaml.Node, key string) { p.Min = new(e.real(n, key)) }
	known["max"] = func(n *yaml.Node, key string) { p.Max = new(e.real(n, key)) }
	known["write"] = func(n *yaml.Node, key string) { p.Write = e.truth(n, key) }
	known["write-to"] = func(n *yaml.Node, key string) { p.WriteTo = new(uint16(e.number(n, key, 0, 65535))) }
	known["write-min"] = func(n *yaml.Node, key string) { p.WriteMin = new(e.real(n, key)) }
	known["write-max"] = func(n *yaml.Node, key string) { p.WriteMax = new(e.real(n, key)) }
	known["feedback"] = func(n *yaml.Node, key string) { p.Feedback = e.item(n, key) }
}

// bit reads one entry of bits; it inherits from the register's entry.
func (e *entry) bit(n *yaml.Node, key string) {
	p := Point{Type: Bit, Scale: 1, Rank: Alarm}
	known := keys{"bit": func(n *yaml.Node, key string) { p.Bit = uint(e.number(n, key, 0, 15)) }}
	e.describe(known, &p)
	e.fields(n, key, []string{"bit", "item", "label"}, known)
	e.bits = append(e.bits, p)
}

// byte reads one entry of bytes: an alarm of YD/T 1363, one byte of the answer.
func (e *entry) byte(n *yaml.Node, key string) {
	p := Point{Type: Status, Scale: 1, Rank: Alarm}
	known := keys{"at": func(n *yaml.Node, key string) { p.Address = uint16(e.number(n, key, 0, infoLimit)) }}
	e.describe(known, &p)
	e.fields(n, key, []string{"at", "item", "label"}, known)
	e.bits = append(e.bits, p)
}

// infoLimit is the last byte that an answer of YD/T 1363 may have: LENID counts
// at most 4095 characters, two to a byte.
const infoLimit = 2046

func (e *entry) item(n *yaml.Node, key string) string {
	item := e.text(n, key)
	if err := point.Join("x", item).Check(); item != "" && err != nil {
		e.refuse(n, key, strconv.Quote(item), "lower-case letters, digits, '.', '-', '_' and '/'")
	}
	return item
}

// check looks at what the keys say together, and hands the register down to its bits.
func (e *entry) check(n *yaml.Node, key string) {
	p := &e.p
	if e.tables != 1 {
		e.refuse(n, key, fmt.Sprintf("%d tables", e.tables), "exactly one of coil, discrete, holding, input, info")
		return
	}
	if e.bits != nil {
		e.adopt(n, key)
		return
	}
	if p.Item == "" {
		e.refuse(n, join(key, "item"), "nothing", "a value")
	}
	if p.Label.IsZero() {
		e.refuse(n, join(key, "label"), "nothing", "a value")
	}
	for _, c := range []struct {
		bad           bool
		read, allowed string
	}{
		{(p.Table == Info) != (e.m.Protocol == YDT1363), p.Table.String() + " in a map of " + e.m.Protocol, "info in a map of ydt1363, and only there"},
		{p.Table != Info && (p.Type == U8 || p.Type == Status), "type " + p.Type.String(), "u8 and status on info"},
		{p.Type != Status && p.Normal != nil, "normal without type status", "them together"},
		{p.Table == Info && p.Type == Any, "type any on info", "another type"},
		{p.Table.Bits() && p.Type != Bit, "a type", "no type on a coil or a discrete input"},
		{p.Write && p.Table != Coil && p.Table != Holding, "write on a " + p.Table.String(), "write on coil and holding"},
		{p.Write && p.Type == Any, "write on type any", "write on one value"},
		{!p.Write && (p.WriteTo != nil || p.WriteMin != nil || p.WriteMax != nil || p.Feedback != ""), "write-to, write-min, write-max or feedback without write", "write: true beside them"},
		{p.WriteTo != nil && p.Table != Holding, "write-to on a " + p.Table.String(), "write-to on holding"},
		{p.WriteMin != nil && p.WriteMax != nil && *p.WriteMin > *p.WriteMax, "write-min above write-max", "write-min below write-max"},
		{(p.Type == Any) != (len(p.Masks) > 0), "type and masks that do not go together", "masks with type any, and only there"},
		{len(p.Masks) > 125, "too many masks", "125"},
		{p.Scale == 0, "scale 0", "another number"},
		{p.Texts != nil && p.States != nil, "texts and states", "one of them"},
		{p.Min != nil && p.Max != nil && *p.Min > *p.Max, "min above max", "min below max"},
		{p.Type == Bit && (p.Scale != 1 || p.Offset != 0 || p.Texts != nil || p.Invalid != nil), "arithmetic on a bit", "a bit as it is"},
		{int(p.Address)+p.Width() > 65536, "a point beyond the last address", "addresses to 65535"},
		{!p.Table.Bits() && p.Width() > e.m.Registers, "a point wider than max-registers", "one request per point"},
	} {
		if c.bad {
			e.refuse(n, key, c.read, c.allowed)
		}
	}
	if p.Kind() == point.Bool && p.States == nil {
		p.States = point.YesNo
	}
}

// adopt gives the bits their register.
func (e *entry) adopt(n *yaml.Node, key string) {
	if e.p.Item != "" || e.p.Table.Bits() || e.p.Write {
		e.refuse(n, key, "bits beside an item, on a table of bits, or to be written", "bits of a register, alone")
	}
	if of := e.m.Protocol == YDT1363; of != (e.p.Table == Info) {
		e.refuse(n, key, e.p.Table.String()+" in a map of "+e.m.Protocol, "info in a map of ydt1363, and only there")
	}
	for i := range e.bits {
		b := &e.bits[i]
		b.Table = e.p.Table
		if b.Type == Status {
			b.Command, b.Normal = e.p.Command, e.p.Normal
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
			e.refuse(n, key, fmt.Sprintf("%s a second time", b.place()), "each once")
		}
	}
}

// normalAlarm are the texts of a bit that names none.
var normalAlarm = map[int64]point.Words{0: {Zh: "正常", En: "normal"}, 1: {Zh: "告警", En: "alarm"}}
