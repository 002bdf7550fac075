package maps

import (
	"math"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Raw is the number that stands for v on the wire, low-aligned: Value's way back.
// What is no number, out of the range that may be written or too wide for the type
// fails with driver.ErrUnsupported. Pure.
func (p *Point) Raw(v point.Value) (uint32, error) {
	f, ok := v.Float()
	least, most := p.Writable()
	switch {
	case !ok || math.IsNaN(f) || math.IsInf(f, 0):
		return 0, driver.Fail(driver.ErrUnsupported, "%s %v is not a number", v.Kind(), v)
	case least != nil && f < *least, most != nil && f > *most:
		return 0, driver.Fail(driver.ErrUnsupported, "%v is out of range", v)
	}
	n := (f - p.Offset) / p.Scale
	if p.Type == Float32 {
		return math.Float32bits(float32(n)), nil
	}
	n = math.Round(n)
	if low, high := p.Type.span(); n < low || n > high {
		return 0, driver.Fail(driver.ErrUnsupported, "%v does not fit %s", v, p.Type)
	}
	return uint32(int64(n)), nil
}

func (t Type) span() (low, high float64) {
	switch t {
	case U8:
		return 0, math.MaxUint8
	case S16:
		return math.MinInt16, math.MaxInt16
	case U24:
		return 0, 1<<24 - 1
	case S32:
		return math.MinInt32, math.MaxInt32
	case U32:
		return 0, math.MaxUint32
	}
	return 0, math.MaxUint16
}
