package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// A block is up to blockMost samples of one point and one kind of value:
//
//	version byte (1; +128 when the rest is deflated)
//	kind byte, count uvarint
//	times: first, first difference, then differences of differences; varints of 10 ms
//	qualities: number of runs, then length and quality of each; a quality byte is
//	  level | reason<<2 | 128 when the sample has no value
//	values of those that have one: differences as varints; a real is a whole number
//	  of 10^-n (n in front) or eight raw bytes (n = 255); a text is an index into the
//	  texts in front
//
// Each kind of thing stands in a row of its own because that deflates best.
const (
	blockVersion  = 1
	blockDeflated = 128
	blockMost     = 4096
	blockBytes    = 1 << 20 // a deflated block never unfolds to more
	textBytes     = 256     // a longer text is cut
	timeStep      = 10 * time.Millisecond
	noValue       = 128
	rawReal       = 255
	mostDecimals  = 12
)

var errBlock = errors.New("history block not understood")

// run is samples of one point in the order they came, not yet a block.
type run struct {
	kind     point.Kind // None until a sample has a value
	readings []Reading
}

// fits is true when the reading can go into the run's block.
func (r *run) fits(x Reading) bool {
	k := x.Value.Kind()
	return len(r.readings) < blockMost && (k == point.None || r.kind == point.None || k == r.kind)
}

func (r *run) add(x Reading) {
	if k := x.Value.Kind(); k != point.None {
		r.kind = k
	}
	r.readings = append(r.readings, x)
}

func steps(t time.Time) int64 { return t.UnixMilli() / timeStep.Milliseconds() }

// encode makes a block; small blocks are not worth deflating.
func (r *run) encode() []byte {
	plain := append([]byte{blockVersion, byte(r.kind)}, binary.AppendUvarint(nil, uint64(len(r.readings)))...)
	plain = r.appendTimes(plain)
	plain = r.appendQualities(plain)
	plain = r.appendValues(plain)
	if len(plain) < 64 {
		return plain
	}
	packed := bytes.NewBuffer([]byte{blockVersion | blockDeflated})
	w, _ := flate.NewWriter(packed, flate.DefaultCompression) // the level is valid
	w.Write(plain[1:])
	w.Close()
	if packed.Len() < len(plain) {
		return packed.Bytes()
	}
	return plain
}

func (r *run) appendTimes(b []byte) []byte {
	var before, difference int64
	for i, x := range r.readings {
		t := steps(x.At)
		d := t - before
		switch i {
		case 0:
			b = binary.AppendVarint(b, t)
		default:
			b = binary.AppendVarint(b, d-difference)
			difference = d
		}
		before = t
	}
	return b
}

func qualityByte(x Reading) byte {
	q := byte(x.Quality.Level)&3 | byte(x.Quality.Reason)&31<<2
	if x.Value.IsNone() {
		q |= noValue
	}
	return q
}

func (r *run) appendQualities(b []byte) []byte {
	var runs []byte
	n := 0
	for i := 0; i < len(r.readings); {
		q, from := qualityByte(r.readings[i]), i
		for i < len(r.readings) && qualityByte(r.readings[i]) == q {
			i++
		}
		runs = append(binary.AppendUvarint(runs, uint64(i-from)), q)
		n++
	}
	return append(binary.AppendUvarint(b, uint64(n)), runs...)
}

func (r *run) appendValues(b []byte) []byte {
	switch r.kind {
	case point.Real:
		return r.appendReals(b)
	case point.Text:
		return r.appendTexts(b)
	}
	var before int64
	for _, x := range r.readings {
		if x.Value.IsNone() {
			continue
		}
		n := whole(x.Value)
		b = binary.AppendVarint(b, n-before)
		before = n
	}
	return b
}

// whole is a bool, integer or count as 64 bits; a count's wrap is harmless,
// since differences wrap too.
func whole(v point.Value) int64 {
	if n, ok := v.Integer(); ok {
		return n
	}
	if n, ok := v.Counter(); ok {
		return int64(n)
	}
	if v.Truth() {
		return 1
	}
	return 0
}

func (r *run) appendReals(b []byte) []byte {
	decimals := r.decimals()
	b = append(b, byte(decimals))
	var before int64
	for _, x := range r.readings {
		if x.Value.IsNone() {
			continue
		}
		f, _ := x.Value.Float()
		if decimals == rawReal {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
			continue
		}
		n := int64(math.Round(f * math.Pow10(decimals)))
		b = binary.AppendVarint(b, n-before)
		before = n
	}
	return b
}

// decimals is how many decimals the reals of the block keep: up to three when
// that is exact (what an instrument shows), else so many that the greatest
// value keeps six digits (what a computation gives), else raw.
func (r *run) decimals() int {
	greatest := 0.0
	for _, x := range r.readings {
		if f, ok := x.Value.Float(); ok {
			greatest = max(greatest, math.Abs(f)) // NaN stays
		}
	}
	if !(greatest < 1e15) {
		return rawReal
	}
	for d := 0; d <= 3; d++ {
		if r.within(d, greatest*1e-12) {
			return d
		}
	}
	for d := 0; d <= mostDecimals; d++ {
		if greatest*math.Pow10(d) < 1e15 && r.within(d, greatest*5e-7) {
			return d
		}
	}
	return rawReal
}

// within is true when no value moves by more than tolerance.
func (r *run) within(decimals int, tolerance float64) bool {
	scale := math.Pow10(decimals)
	for _, x := range r.readings {
		f, ok := x.Value.Float()
		if ok && math.Abs(math.Round(f*scale)/scale-f) > tolerance {
			return false
		}
	}
	return true
}

func (r *run) appendTexts(b []byte) []byte {
	var texts []string
	var indexes []byte
	for _, x := range r.readings {
		if x.Value.IsNone() {
			continue
		}
		t := x.Value.String()
		t = t[:min(len(t), textBytes)]
		i := slices.Index(texts, t)
		if i < 0 {
			i = len(texts)
			texts = append(texts, t)
		}
		indexes = binary.AppendUvarint(indexes, uint64(i))
	}
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, t := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(t))), t...)
	}
	return append(b, indexes...)
}

// unfold is the inverse of the deflating in encode, bounded.
func unfold(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0]&^blockDeflated != blockVersion {
		return nil, fmt.Errorf("%w: version", errBlock)
	}
	if b[0]&blockDeflated == 0 {
		return b[1:], nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[1:])), blockBytes+1))
	if err != nil || len(plain) > blockBytes {
		return nil, fmt.Errorf("%w: deflated part: %v", errBlock, err)
	}
	return plain, nil
}
