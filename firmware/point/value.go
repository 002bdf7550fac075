// Package point is the vocabulary that every other package shares: what a
// point is, which values it may hold, how good a value is and when it was true.
//
// The package holds data and pure functions only; nothing in it blocks, and
// every type but the ones that say otherwise may be used from any goroutine.
package point

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Kind says which of the five forms a Value has.
type Kind uint8

// The five kinds. None is the kind of the zero Value: nothing was ever read.
const (
	None  Kind = iota
	Bool       // true or false: a contact, a state bit
	Int        // a signed whole number, or the number of an enumerated state
	Count      // a counter that only rises, until it wraps or is restarted
	Real       // a measured quantity in the point's unit
	Text       // a name, a serial number, a card
)

var kindNames = [...]string{"none", "bool", "integer", "count", "real", "text"}

func (k Kind) String() string { return name(kindNames[:], int(k), "kind") }

// Value is one reading without its unit. The zero Value is "nothing".
// Values are comparable with ==, except that a Real NaN equals nothing.
type Value struct {
	kind Kind
	bits uint64
	text string
}

// OfBool, OfInt, OfCount, OfReal and OfText make values.
func OfBool(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.bits = 1
	}
	return v
}

// OfInt makes a whole number.
func OfInt(i int64) Value { return Value{kind: Int, bits: uint64(i)} }

// OfCount makes a counter reading.
func OfCount(n uint64) Value { return Value{kind: Count, bits: n} }

// OfReal makes a measured quantity. A driver never passes NaN or an infinity:
// it reports the quality out-of-range instead.
func OfReal(f float64) Value { return Value{kind: Real, bits: math.Float64bits(f)} }

// OfText makes a text value.
func OfText(s string) Value { return Value{kind: Text, text: s} }

// Kind tells the form of v.
func (v Value) Kind() Kind { return v.kind }

// IsNone is true for the zero Value.
func (v Value) IsNone() bool { return v.kind == None }

// Truth reads v as a condition: a bool as it is, a number as "not zero". It is
// false for text and for nothing.
func (v Value) Truth() bool {
	f, ok := v.Float()
	return ok && f != 0
}

// Float reads v as a number: true is 1. ok is false for text and for nothing.
func (v Value) Float() (f float64, ok bool) {
	switch v.kind {
	case Bool, Count:
		return float64(v.bits), true
	case Int:
		return float64(int64(v.bits)), true
	case Real:
		return math.Float64frombits(v.bits), true
	}
	return 0, false
}

// Counter returns the exact reading of a Count.
func (v Value) Counter() (n uint64, ok bool) { return v.bits, v.kind == Count }

// Integer returns the exact reading of an Int.
func (v Value) Integer() (n int64, ok bool) { return int64(v.bits), v.kind == Int }

// String is the value as a person reads it, without unit. Text is as it is.
func (v Value) String() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.bits == 1)
	case Int:
		return strconv.FormatInt(int64(v.bits), 10)
	case Count:
		return strconv.FormatUint(v.bits, 10)
	case Real:
		return strconv.FormatFloat(math.Float64frombits(v.bits), 'f', -1, 64)
	case Text:
		return v.text
	}
	return ""
}

// MarshalJSON writes the natural JSON value: true, 12, 21.5, "text" or null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case None:
		return []byte("null"), nil
	case Text:
		return json.Marshal(v.text)
	case Real:
		if f := math.Float64frombits(v.bits); math.IsNaN(f) || math.IsInf(f, 0) {
			return []byte("null"), nil
		}
	}
	return []byte(v.String()), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. A JSON number becomes an Int when
// it is whole, else a Real: JSON does not carry the difference to Count.
func (v *Value) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*v = Value{}
	case string(b) == "true", string(b) == "false":
		*v = OfBool(b[0] == 't')
	case len(b) > 0 && b[0] == '"':
		v.kind, v.bits = Text, 0
		return json.Unmarshal(b, &v.text)
	default:
		return v.unmarshalNumber(string(b))
	}
	return nil
}

func (v *Value) unmarshalNumber(s string) error {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		*v = OfInt(i)
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("read value %q: want null, true, false, a number or a text", s)
	}
	*v = OfReal(f)
	return nil
}

// name returns names[i], or the type with its number when a newer release wrote it.
func name(names []string, i int, what string) string {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", what, i)
}
