package modbus

import (
	"math"
	"slices"
	"strconv"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// decode reads one point out of the answer to a block that begins at address
// from. Data is as Bus.Read gives it. A value that the product marks as "there is
// none" is not-present; one that the sensor cannot measure is out-of-range; a
// state without a name is kept, but uncertain. Pure.
func decode(p *maps.Point, from uint16, data []byte) (point.Value, point.Quality) {
	at := int(p.Address) - int(from)
	if p.Table.Bits() {
		if at < 0 || at/8 >= len(data) {
			return point.Value{}, point.BadBecause(point.CommFailure)
		}
		return point.OfBool(data[at/8]>>(at%8)&1 == 1), point.Quality{}
	}
	if at < 0 || 2*(at+p.Width()) > len(data) {
		return point.Value{}, point.BadBecause(point.CommFailure)
	}
	return registers(p, data[2*at:])
}

// registers reads a point whose registers b begins with.
func registers(p *maps.Point, b []byte) (point.Value, point.Quality) {
	switch p.Type {
	case maps.Bit:
		return point.OfBool(word(b, 0)>>p.Bit&1 == 1), point.Quality{}
	case maps.Any:
		for i, mask := range p.Masks {
			if word(b, i)&mask != 0 {
				return point.OfBool(true), point.Quality{}
			}
		}
		return point.OfBool(false), point.Quality{}
	}
	raw := rawOf(p, b)
	if slices.Contains(p.Invalid, raw) {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	return valued(p, raw)
}

func word(b []byte, i int) uint16 { return uint16(b[2*i])<<8 | uint16(b[2*i+1]) }

// rawOf is the bit pattern of a number, low-aligned.
func rawOf(p *maps.Point, b []byte) uint32 {
	if p.Width() == 1 {
		return uint32(word(b, 0))
	}
	high, low := word(b, 0), word(b, 1)
	if p.LowFirst {
		high, low = low, high
	}
	return uint32(high)<<16 | uint32(low)
}

// number is the raw value before scale and offset.
func number(t maps.Type, raw uint32) float64 {
	switch t {
	case maps.S16:
		return float64(int16(raw))
	case maps.S32:
		return float64(int32(raw))
	case maps.Float32:
		return shortest(math.Float32frombits(raw))
	}
	return float64(raw)
}

// shortest widens a float so that 231.4 stays 231.4.
func shortest(f float32) float64 {
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f) // not finite: the caller sees it
	}
	return wide
}

// valued makes the value of a raw number.
func valued(p *maps.Point, raw uint32) (point.Value, point.Quality) {
	n := number(p.Type, raw)
	if len(p.Texts) > 0 {
		text, known := p.Texts[int64(n)]
		if !known {
			return point.OfText(strconv.FormatFloat(n, 'f', -1, 64)), point.UncertainBecause(point.OutOfRange)
		}
		return point.OfText(text), point.Quality{}
	}
	f := scaled(p, n)
	if math.IsNaN(f) || math.IsInf(f, 0) || p.Min != nil && f < *p.Min || p.Max != nil && f > *p.Max {
		return point.Value{}, point.BadBecause(point.OutOfRange)
	}
	switch p.Kind() {
	case point.Count:
		return point.OfCount(uint64(raw)), point.Quality{}
	case point.Int:
		if _, known := p.States[int64(f)]; len(p.States) > 0 && !known {
			return point.OfInt(int64(f)), point.UncertainBecause(point.OutOfRange)
		}
		return point.OfInt(int64(f)), point.Quality{}
	}
	return point.OfReal(f), point.Quality{}
}

// scaled applies scale and offset; a whole register times 0.1 has one decimal,
// not seventeen.
func scaled(p *maps.Point, n float64) float64 {
	f := n*p.Scale + p.Offset
	if p.Type == maps.Float32 || p.Scale == math.Trunc(p.Scale) {
		return f
	}
	const precision = 1e6 // the loader allows six decimals
	if math.Abs(f) > 1e9 {
		return f
	}
	return math.Round(f*precision) / precision
}
