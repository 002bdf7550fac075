package maps

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/point"
)

// number is the raw value before scale and offset.
func number(t Type, raw uint32) float64 {
	switch t {
	case S16:
		return float64(int16(raw))
	case S32:
		return float64(int32(raw))
	case Float32:
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

// Value makes the value of a raw number, low-aligned as it came. What the product
// marks as "there is none" is not-present; what the sensor cannot measure is
// out-of-range; a state without a name is kept, but uncertain. Pure.
func (p *Point) Value(raw uint32) (point.Value, point.Quality) {
	if slices.Contains(p.Invalid, raw) {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	if p.Mask != 0 {
		raw = raw & uint32(p.Mask) >> bits.TrailingZeros16(p.Mask)
	}
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
func scaled(p *Point, n float64) float64 {
	if p.Scale == 1 && p.Offset == 0 {
		return n
	}
	f := n*p.Scale + p.Offset
	const precision = 1e6 // the loader allows six decimals
	if math.Abs(f) > 1e9 || math.IsNaN(f) {
		return f
	}
	return math.Round(f*precision) / precision
}

// Time is the clock of a unit of YD/T 1363, as 4DH answers: the year in two bytes, the
// high one first, then month, day, hour, minute and second in one each. It says no time
// zone, so it stays the text that the unit's panel shows. One that was never set (all 0)
// or is no date is out-of-range. Pure; of seven bytes.
//
// Source: Fox-Edge, GetTime.java of fox-edge-server-protocol-telecom-air-qztt-2219-2020
// (github.com/hupengwu/fox-edge-server-protocol), with a captured answer.
func Time(b []byte) (point.Value, point.Quality) {
	year, month := int(b[0])<<8|int(b[1]), time.Month(b[2])
	t := time.Date(year, month, int(b[3]), int(b[4]), int(b[5]), int(b[6]), 0, time.UTC)
	if t.Year() != year || year > 9999 || t.Month() != month || t.Day() != int(b[3]) || t.Hour() != int(b[4]) || t.Minute() != int(b[5]) || t.Second() != int(b[6]) {
		return point.Value{}, point.BadBecause(point.OutOfRange)
	}
	return point.OfText(t.Format(time.DateTime)), point.Quality{}
}

// Text is what stands in the bytes of an ASCII point: printable characters, without
// the spaces and zeros around them. Pure.
func Text(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, string(b)))
}
