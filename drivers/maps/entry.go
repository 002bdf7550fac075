package maps

import (
	"math"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// entry reads one entry of points: one point, or the bits of one register, or the
// alarm bytes of one answer.
type entry struct {
	m      *Map
	p      Point
	bits   []Point
	tables int
	at     *uint16
	sent   sent
}

// keys are those of one entry.
func (e *entry) keys() keys {
	known := keys{
		"at":     counted(0, infoLimit, func(i int64) { e.at = new(uint16(i)) }).says("with info: which byte of the answer, 0 is the DATAFLAG"),
		"normal": wholes(&e.p.Normal, 0, 255).says("with type status: the bytes that mean \"no alarm\""),
		"bits":   several(e.bit).says("of one register: each bit a point"),
		"bytes":  several(e.byte).says("of one answer: each byte an alarm"),
	}
	for t := Coil; t <= Input; t++ {
		known[t.String()] = counted(0, 65535, func(i int64) { e.table(t); e.p.Address = uint16(i) }).says("the address as on the wire, from 0")
	}
	known[Info.String()] = counted(0x41, 0xef, func(i int64) { e.table(Info); e.p.Command = uint8(i) }).says("of YD/T 1363: the command, CID2")
	known["ask"] = several(func() key {
		return counted(0, 255, func(i int64) { e.p.Ask += string([]byte{byte(i)}) })
	}).says("with info: the bytes that go with the command, such as 0xff for all groups")
	known["ask-address"] = yes(&e.p.Own).says("with info: the unit's own address goes with the command")
	describe(known, &e.p)
	value(known, &e.p)
	writing(known, &e.p)
	known["order"] = e.ordering().says("with info and write: how the value is ordered")
	return known
}

func (e *entry) table(t Table) {
	e.tables++
	if e.p.Table = t; t.Bits() {
		e.p.Type = Bit
	}
}

// describe gives the keys that a point and a bit share.
func describe(known keys, p *Point) {
	known["item"] = item(&p.Item).says("its name within the device: NUT's word where it has one")
	known["label"] = bilingual(&p.Label)
	known["rank"] = oneOf(func(i int) { p.Rank = Rank(i) }, ranks...).says("how urgent: orders the reads and picks the period")
	known["states"] = table(&p.States, bilingual).says("the text of each number")
	known["clear"] = word(&p.Clear, point.ClearAuto, point.ClearManual, point.ClearDependent).
		says("how the product ends this alarm: by itself, by hand at the unit, when its cause ends")
	known["says"] = bilingual(&p.Says).
		says("of an alarm: what a person reads of it, {item} where another value stands, such as \"at {leak.distance}\"; without that value the word of its state")
	known["confidence"] = word(&p.Confidence, Confidences...)
	known["source"] = text(&p.Source)
}

// value gives the keys that say how the registers are read.
func value(known keys, p *Point) {
	types := []Type{U16, S16, U32, S32, Float32, Any, U8, U24, Status, ASCII, Clock}
	var words []string
	for _, t := range types {
		words = append(words, t.String())
	}
	known["type"] = oneOf(func(i int) { p.Type = types[i] }, words...)
	known["length"] = whole(&p.Length, 1, 60).says("with type ascii: registers of two characters")
	known["masks"] = wholes(&p.Masks, 0, 65535).says("with type any: which bits count, one mask per register")
	known["mask"] = whole(&p.Mask, 1, 65535).says("the bits of the register that are this number, moved to the right")
	known["word-order"] = oneOf(func(i int) { p.LowFirst = i == 1 }, "high-first", "low-first")
	known["scale"] = real(&p.Scale).says("value = raw × scale + offset")
	known["offset"] = real(&p.Offset)
	known["unit"] = word(&p.Unit, units...).says("pinned: a register in another unit is another register, or another scale")
	known["decimals"] = whole(&p.Decimals, 0, 6)
	known["counter"] = yes(&p.Counter).says("only rises")
	known["texts"] = table(&p.Texts, func(s *string) key { return text(s) }).says("the point is a text, chosen by the raw value")
	known["invalid"] = wholes(&p.Invalid, 0, math.MaxUint32).says("raw values that mean \"there is none\"")
	known["min"] = maybe(&p.Min).says("the least that the sensor can measure")
	known["max"] = maybe(&p.Max)
}

// writing gives the keys of what may be set.
func writing(known keys, p *Point) {
	known["write"] = yes(&p.Write)
	known["write-to"] = key{shape: shape{"type": "integer", "minimum": 0, "maximum": 65535},
		read: func(r *reader, n *yaml.Node, path string) { p.WriteTo = new(uint16(r.number(n, path, 0, 65535))) }}.
		says("the holding register that is written, where it is another one than is read")
	known["write-min"] = maybe(&p.WriteMin)
	known["write-max"] = maybe(&p.WriteMax)
	known["feedback"] = item(&p.Feedback).says("the item that shows whether a write was obeyed")
	known["confirm"] = bilingual(&p.Confirm).says("what a person is told before he orders it")
}

// units are all that a point may have; "none" is a number that has none, such as
// a power factor. There is one of each kind: who adds °F has two of them.
var units = []point.Unit{"none", "°C", "%", "V", "mV", "A", "mA", "W", "VA", "var", "Wh", "kWh", "varh", "kvarh", "Hz", "s", "h", "Ah", "m", "rpm", "Pa", "kPa", "Ω", "ppm"}

// bit reads one entry of bits; it inherits from the register's entry.
func (e *entry) bit() key {
	p := &Point{Type: Bit, Scale: 1, Rank: Alarm}
	known := keys{"bit": whole(&p.Bit, 0, 15).must().says("0 is the lowest")}
	return e.part(p, known)
}

// byte reads one entry of bytes: an alarm of YD/T 1363, one byte of the answer.
func (e *entry) byte() key {
	p := &Point{Type: Status, Scale: 1, Rank: Alarm}
	known := keys{"at": whole(&p.Address, 0, infoLimit).must()}
	return e.part(p, known)
}

func (e *entry) part(p *Point, known keys) key {
	describe(known, p)
	for _, name := range []string{"item", "label"} {
		known[name] = known[name].must()
	}
	return mapping(known).then(func(*reader, *yaml.Node, string) { e.bits = append(e.bits, *p) })
}

// infoLimit is the last byte that an answer of YD/T 1363 may have: LENID counts
// at most 4095 characters, two to a byte.
const infoLimit = 2046

// points are what the entry gave; invalid are the map's own fillers.
func (e *entry) points(invalid []uint32) []Point {
	if e.bits != nil {
		return e.bits
	}
	p := &e.p
	if p.Unit == "none" {
		p.Unit = ""
	}
	if p.Kind() == point.Bool && p.States == nil {
		if p.States = point.YesNo; p.Table.Bits() && p.Rank == Alarm {
			p.States = normalAlarm
		}
	}
	if p.Invalid == nil && p.Type.number() {
		for _, raw := range invalid {
			if (raw > math.MaxUint16) == (p.Width() == 2) {
				p.Invalid = append(p.Invalid, raw)
			}
		}
	}
	return []Point{*p}
}
