package snmp

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/point"
)

// item is one scalar of a MIB and the point that it gives.
type item struct {
	oid    string
	name   string // of the point, after the device's
	label  point.Words
	kind   point.Kind
	unit   point.Unit
	scale  float64 // of a Real: the point's value is the wire's times scale; 0 means 1
	digits int
	states map[int64]point.Words
	least  float64 // what the MIB allows on the wire; both 0: anything
	most   float64
}

// longestText bounds a text that an agent gives, in bytes.
const longestText = 256

// read turns what the agent gave into a sample's value and quality.
func (it *item) read(p gosnmp.SnmpPDU) (point.Value, point.Quality) {
	if absent(p.Type) {
		return point.Value{}, point.BadBecause(point.NotPresent)
	}
	if it.kind == point.Text {
		b, ok := p.Value.([]byte)
		if !ok {
			return point.Value{}, point.BadBecause(point.DeviceFault)
		}
		return point.OfText(clean(b)), point.Quality{}
	}
	if it.kind == point.Count {
		n, ok := counter(p)
		if !ok {
			return point.Value{}, point.BadBecause(point.DeviceFault)
		}
		return point.OfCount(n), point.Quality{}
	}
	f, ok := number(p)
	if !ok {
		return point.Value{}, point.BadBecause(point.DeviceFault)
	}
	if it.least != it.most && (f < it.least || f > it.most) {
		return point.Value{}, point.BadBecause(point.OutOfRange)
	}
	if it.kind == point.Int {
		return point.OfInt(int64(f)), point.Quality{}
	}
	if it.scale != 0 {
		f *= it.scale
	}
	return point.OfReal(f), point.Quality{}
}

// absent is true for the three ways in which an agent says that it has no such thing.
func absent(t gosnmp.Asn1BER) bool {
	return t == gosnmp.NoSuchObject || t == gosnmp.NoSuchInstance || t == gosnmp.EndOfMibView || t == gosnmp.Null
}

// counter reads an exact unsigned number.
func counter(p gosnmp.SnmpPDU) (uint64, bool) {
	switch v := p.Value.(type) {
	case uint64:
		return v, true
	case uint:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case int:
		return uint64(v), v >= 0
	}
	return 0, false
}

// number reads any finite number.
func number(p gosnmp.SnmpPDU) (float64, bool) {
	switch v := p.Value.(type) {
	case int:
		return float64(v), true
	case float32:
		return float64(v), !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	n, ok := counter(p)
	return float64(n), ok
}

// clean makes a text of an agent fit to be shown: bounded, valid, on one line.
func clean(b []byte) string {
	if len(b) > longestText {
		b = b[:longestText]
		for len(b) > 0 && !utf8.Valid(b) && len(b) > longestText-utf8.UTFMax {
			b = b[:len(b)-1]
		}
	}
	s := strings.ToValidUTF8(string(b), "?")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// describe makes the item's point of a device.
func (it *item) describe(d *Device, stale int64) point.Point {
	return point.Point{Name: point.Join(d.name, it.name), Label: it.label, Kind: it.kind, Unit: it.unit,
		Decimals: it.digits, States: it.states, Room: d.room, Source: it.source(), Stale: stale}
}

func (it *item) source() string {
	if strings.HasPrefix(it.oid, upsMIB) {
		return "RFC 1628 UPS-MIB, " + it.oid
	}
	return "RFC 3418 SNMPv2-MIB, " + it.oid
}
