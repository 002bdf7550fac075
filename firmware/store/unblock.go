package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"watchbox/firmware/point"
)

// cursor reads a block. The first thing that does not fit sets bad; after that
// every read gives zero, so that the caller needs to look once, at the end.
type cursor struct {
	b   []byte
	bad string
}

func (c *cursor) fail(what string) {
	if c.bad == "" {
		c.bad = what
	}
	c.b = nil
}

func (c *cursor) uvarint(what string, most uint64) uint64 {
	n, size := binary.Uvarint(c.b)
	if size <= 0 || n > most {
		c.fail(what)
		return 0
	}
	c.b = c.b[size:]
	return n
}

func (c *cursor) varint(what string) int64 {
	n, size := binary.Varint(c.b)
	if size <= 0 {
		c.fail(what)
		return 0
	}
	c.b = c.b[size:]
	return n
}

func (c *cursor) take(what string, n int) []byte {
	if n > len(c.b) {
		c.fail(what)
		return make([]byte, min(n, textBytes))
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

// decodeBlock reads what encode made. Damaged blocks give an error, never a
// panic and never more than blockMost readings.
func decodeBlock(b []byte) ([]Reading, error) {
	plain, err := unfold(b)
	if err != nil {
		return nil, err
	}
	c := &cursor{b: plain}
	kind := point.Kind(c.take("kind", 1)[0])
	readings := make([]Reading, c.uvarint("count", blockMost))
	c.times(readings)
	none := c.qualities(readings)
	c.values(kind, readings, none)
	if c.bad == "" && len(c.b) > 0 {
		c.bad = fmt.Sprintf("%d bytes too many", len(c.b))
	}
	if c.bad != "" {
		return nil, fmt.Errorf("%w: %s", errBlock, c.bad)
	}
	return readings, nil
}

// Times outside the years that a clock can show are damage.
const mostSteps = 1 << 45

func (c *cursor) times(readings []Reading) {
	var t, difference int64
	for i := range readings {
		n := c.varint("time")
		if i == 0 {
			t = n
		} else {
			difference += n
			t += difference
		}
		if t > mostSteps || t < -mostSteps || difference > 2*mostSteps || difference < -2*mostSteps {
			c.fail("time")
			return
		}
		readings[i].At = time.UnixMilli(t * timeStep.Milliseconds())
	}
}

func (c *cursor) qualities(readings []Reading) (none []bool) {
	none = make([]bool, len(readings))
	at := 0
	for runs := c.uvarint("quality runs", blockMost); runs > 0 && c.bad == ""; runs-- {
		n := int(c.uvarint("quality run", uint64(len(readings)-at)))
		q := c.take("quality", 1)[0]
		for ; n > 0; n-- {
			readings[at].Quality = point.Quality{Level: point.Level(q & 3), Reason: point.Reason(q >> 2 & 31)}
			none[at] = q&noValue != 0
			at++
		}
	}
	if at != len(readings) {
		c.fail("qualities")
	}
	return none
}

func (c *cursor) values(kind point.Kind, readings []Reading, none []bool) {
	next := c.reader(kind)
	if next == nil {
		c.fail("kind")
		return
	}
	for i := range readings {
		if !none[i] && c.bad == "" {
			readings[i].Value = next()
		}
	}
}

// reader gives the function that reads one value after the other.
func (c *cursor) reader(kind point.Kind) func() point.Value {
	var before int64
	step := func() int64 { before += c.varint("value"); return before }
	switch kind {
	case point.None:
		return func() point.Value { c.fail("value without kind"); return point.Value{} }
	case point.Bool:
		return func() point.Value { return point.OfBool(step() != 0) }
	case point.Int:
		return func() point.Value { return point.OfInt(step()) }
	case point.Count:
		return func() point.Value { return point.OfCount(uint64(step())) }
	case point.Real:
		return c.realReader(step)
	case point.Text:
		return c.textReader()
	}
	return nil
}

func (c *cursor) realReader(step func() int64) func() point.Value {
	decimals := int(c.take("decimals", 1)[0])
	if decimals == rawReal {
		return func() point.Value {
			return point.OfReal(math.Float64frombits(binary.LittleEndian.Uint64(c.take("real", 8))))
		}
	}
	if decimals > mostDecimals {
		c.fail("decimals")
	}
	scale := math.Pow10(decimals)
	return func() point.Value { return point.OfReal(float64(step()) / scale) }
}

func (c *cursor) textReader() func() point.Value {
	texts := make([]string, c.uvarint("texts", blockMost))
	for i := range texts {
		texts[i] = string(c.take("text", int(c.uvarint("text length", textBytes))))
	}
	return func() point.Value {
		i := c.uvarint("text index", blockMost)
		if i >= uint64(len(texts)) {
			c.fail("text index")
			return point.Value{}
		}
		return point.OfText(texts[i])
	}
}
