package maps

import (
	"fmt"

	"watchbox/firmware/point"
)

// Point is one item of the product.
type Point struct {
	Item       string
	Label      point.Words
	Table      Table
	Address    uint16  // as on the wire, from 0; of Info: which byte of the answer
	Question           // of Info: what it is asked with
	Normal     []uint8 // of Status: the bytes that mean "no alarm"
	Type       Type
	Bit        uint       // of the register, 0 the lowest
	Masks      []uint16   // for Any: which bits count; one per register
	Mask       uint16     // the bits that are the number, moved to the right; 0: all of them
	Length     int        // of ASCII: registers
	LowFirst   bool       // 32-bit types: the low word stands first
	Scale      float64    // value = raw × Scale + Offset
	Offset     float64    //
	Unit       point.Unit //
	Decimals   int        //
	Counter    bool       // only rises
	States     map[int64]point.Words
	Texts      map[int64]string // the point is a text, chosen by the raw value
	Invalid    []uint32         // raw values that mean "there is none"
	Min, Max   *float64         // what the sensor can measure, or what may be written
	Rank       Rank
	Write      bool
	Order      *Order      // of Info: how it is ordered
	WriteTo    *uint16     // the holding register that is written, where it is another one than is read
	WriteMin   *float64    // what may be written; nil: Min
	WriteMax   *float64    // nil: Max
	Feedback   string      // the item that shows whether a write was obeyed; empty: this one
	Confirm    point.Words // what a person is told before he orders it
	Says       point.Words // of an alarm: what is told in the place of the word of its state, {item} where another value stands
	Clear      point.Clear // how the product ends this alarm; empty: nobody wrote it down
	Confidence Confidence
	Source     string
}

// Question is what a unit of YD/T 1363 is asked.
type Question struct {
	Command uint8  // CID2
	Ask     string // the bytes of its INFO
	Own     bool   // its INFO is the address of the unit
}

// Of is the question as the unit of that address is asked it.
func (q Question) Of(address uint8) Question {
	if q.Own {
		return Question{Command: q.Command, Ask: string([]byte{address})}
	}
	return q
}

// Name is the question for a person: 42H, 42H FF, 42H address.
func (q Question) Name() string {
	switch {
	case q.Own:
		return fmt.Sprintf("%02XH address", q.Command)
	case q.Ask != "":
		return fmt.Sprintf("%02XH % X", q.Command, q.Ask)
	}
	return fmt.Sprintf("%02XH", q.Command)
}

// Width is how many registers (or bits, in a table of bits) the point covers.
func (p *Point) Width() int {
	switch p.Type {
	case U32, S32, Float32:
		return 2
	case Any:
		return len(p.Masks)
	case ASCII:
		return p.Length
	}
	return 1
}

// place is the bit or the byte.
func (p *Point) place() string {
	if p.Type == Status {
		return fmt.Sprintf("byte %d", p.Address)
	}
	return fmt.Sprintf("bit %d", p.Bit)
}

// Bytes is how many bytes of Info the point covers.
func (p *Point) Bytes() int {
	switch p.Type {
	case U8, Status:
		return 1
	case U24:
		return 3
	case Clock:
		return 7
	case U32, S32, Float32:
		return 4
	}
	return 2
}

// Kind is the form of the point's values.
func (p *Point) Kind() point.Kind {
	whole := p.Type != Float32 && p.Scale == 1 && p.Offset == 0
	switch {
	case p.Type == Bit || p.Type == Any || p.Type == Status:
		return point.Bool
	case len(p.Texts) > 0 || p.Type == ASCII || p.Type == Clock:
		return point.Text
	case len(p.States) > 0:
		return point.Int
	case p.Counter && whole && (p.Type == U16 || p.Type == U32):
		return point.Count
	case whole && p.Unit == "":
		return point.Int
	}
	return point.Real
}

// Writable is the range that may be written; nil: no limit is known.
func (p *Point) Writable() (low, high *float64) {
	low, high = p.WriteMin, p.WriteMax
	if low == nil {
		low = p.Min
	}
	if high == nil {
		high = p.Max
	}
	return low, high
}

// Provenance is the point's origin as a person reads it.
func (p *Point) Provenance() string {
	if p.Table == Info {
		return fmt.Sprintf("%s byte %d · %s", p.Question.Name(), p.Address, p.Source)
	}
	return fmt.Sprintf("%s 0x%04x · %s", p.Table, p.Address, p.Source)
}
