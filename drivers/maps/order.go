package maps

import (
	"slices"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Order is how a unit of YD/T 1363 is told to take a value. Of every order only the
// command is the standard's; what goes with it is the product's, so the map's.
type Order struct {
	Command  uint8            // CID2: 45H, 48H, 49H, or the vendor's 80H–EFH
	Info     string           // the bytes before the value: COMMAND_TYPE, a group
	Values   map[int64]string // the bytes of each state; nil: the value itself is sent
	Type     Type             // of the value as it is sent
	Scale    float64          // value = raw × Scale + Offset
	Offset   float64          //
	LowFirst bool             //
}

// The commands of YD/T 1363.3 that order something, which no map may ask.
const (
	RemoteControl = 0x45
	SetFloat      = 0x48
	SetFixed      = 0x49
	SetClock      = 0x4e
)

// Orders is whether that command is known to change something in the unit. Of the
// vendor's own range only the vendor knows.
func Orders(command uint8) bool {
	return slices.Contains([]uint8{RemoteControl, SetFloat, SetFixed, SetClock}, command)
}

// octetLimit is the most bytes of one list: the standard's orders have one to four.
const octetLimit = 16

// Say is the INFO that orders the value. A value that the map does not allow to be
// written fails with driver.ErrUnsupported. Pure; only of a point with an Order.
func (p *Point) Say(v point.Value) ([]byte, error) {
	o := p.Order
	if o.Values != nil {
		f, number := v.Float()
		bytes, known := o.Values[int64(f)]
		if !number || !known || f != float64(int64(f)) {
			return nil, driver.Fail(driver.ErrUnsupported, "the map does not say how %v is ordered", v)
		}
		return []byte(o.Info + bytes), nil
	}
	sent := *p
	sent.Type, sent.Scale, sent.Offset = o.Type, o.Scale, o.Offset
	raw, err := sent.Raw(v)
	if err != nil {
		return nil, err
	}
	value := make([]byte, 0, 4)
	for i := sent.Bytes() - 1; i >= 0; i-- {
		value = append(value, byte(raw>>(8*i)))
	}
	if o.LowFirst {
		slices.Reverse(value)
	}
	return append([]byte(o.Info), value...), nil
}

// ordering gives the keys of an order. What it does not say of the value is as the
// point is read.
func (e *entry) ordering() key {
	o := &Order{}
	var said struct{ form, values bool }
	form := func(k key) key { return k.then(func(*reader, *yaml.Node, string) { said.form = true }) }
	types := []Type{U8, U16, S16, U24, U32, S32, Float32}
	var words []string
	for _, t := range types {
		words = append(words, t.String())
	}
	known := keys{
		"command":    whole(&o.Command, RemoteControl, 0xef).must().says("CID2: 0x45 remote control, 0x48 and 0x49 set parameters, or the vendor's from 0x80"),
		"info":       octets(&o.Info).says("the bytes that go before the value: COMMAND_TYPE, a group"),
		"values":     table(&o.Values, octets).then(func(*reader, *yaml.Node, string) { said.values = true }).says("the bytes that order each of the states"),
		"type":       form(oneOf(func(i int) { e.sent.kind = new(types[i]) }, words...)).says("of the value as it is sent, where it is read otherwise"),
		"scale":      form(maybe(&e.sent.scale)),
		"offset":     form(maybe(&e.sent.offset)),
		"word-order": form(oneOf(func(i int) { e.sent.lowFirst = new(i == 1) }, "high-first", "low-first")),
	}
	return mapping(known).then(func(r *reader, n *yaml.Node, path string) {
		if e.p.Order = o; said.form && said.values {
			r.refuse(n, path, "values beside type, scale, offset or word-order", "one of them")
		}
	})
}

// sent is what an order says of its value against how the point is read.
type sent struct {
	kind          *Type
	scale, offset *float64
	lowFirst      *bool
}

// settle fills the order from the point, once all keys of both are read.
func (s *sent) settle(p *Point) {
	o := p.Order
	if o == nil {
		return
	}
	o.Type, o.Scale, o.Offset, o.LowFirst = or(s.kind, p.Type), or(s.scale, p.Scale), or(s.offset, p.Offset), or(s.lowFirst, p.LowFirst)
}

func or[T any](said *T, otherwise T) T {
	if said != nil {
		return *said
	}
	return otherwise
}

// octets is a list of bytes.
func octets(to *string) key {
	return upTo(octetLimit, func() key { return counted(0, 255, func(i int64) { *to += string([]byte{byte(i)}) }) })
}

// ordered is what can be wrong with an order.
func ordered(p *Point) []doubt {
	o := p.Order
	if o == nil {
		return []doubt{{p.Table == Info && p.Write, "write without an order", "them together"}}
	}
	low, high := p.Writable()
	return []doubt{
		{p.Table != Info || !p.Write, "order without info or without write", "them together"},
		{o.Command == SetClock || o.Command < 0x80 && !Orders(o.Command), "order by " + Question{Command: o.Command}.Name(), "0x45, 0x48, 0x49, or 0x80 to 0xef"},
		{o.Scale == 0, "scale 0", "another number"},
		{o.Values == nil && (low == nil || high == nil), "an order of a number without a range", "write-min and write-max, or values"},
		{!o.named(p), "order of a value that states does not name", "the numbers of states"},
	}
}

// named is whether each value that can be ordered is a state with a name.
func (o *Order) named(p *Point) bool {
	for value := range o.Values {
		if _, known := p.States[value]; !known {
			return false
		}
	}
	return true
}
