package modbus

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// The function of read device identification ("MODBUS application protocol
// specification" V1.1b3, 6.21), which goburrow's client cannot send.
const (
	encapsulated     = 0x2b
	identification   = 0x0e
	identifiedBefore = 7   // bytes of an answer before its first object, function included
	longestFrame     = 256 // on a serial line ("MODBUS over serial line" V1.02, 2.5.1)
)

// Which of its objects a device is asked for.
const (
	BasicObjects    = 1 // vendor, product code, revision
	ExtendedObjects = 3 // and the vendor's own, from 0x80 on
)

// Object is one thing that a device tells of itself: 0 the vendor's name, 1 the
// product code, 2 the revision, 3 the vendor's address, 4 the product's name, 5 the
// model, 6 what the user calls it; from 0x80 on what the vendor says.
type Object struct {
	ID    byte
	Value []byte // mostly text; never longer than 245 bytes
}

// Text is what of the value can be printed.
func (o Object) Text() string { return printable(o.Value) }

// Identification is one answer. With More the device has further objects, from Next on.
type Identification struct {
	Objects []Object
	More    bool
	Next    byte
}

// ReadDeviceIdentification makes one exchange of function 43/14: the objects of a
// kind (BasicObjects or ExtendedObjects) from first on. A device without it refuses with
// driver.ErrNotPresent. It only reads; some products of Huawei tell what they are by
// ExtendedObjects from 0x87 on and in no other way.
func (b *Bus) ReadDeviceIdentification(ctx context.Context, unit uint8, m Manners, kind, first byte) (Identification, error) {
	answer, err := b.Ask(ctx, unit, m, []byte{encapsulated, identification, kind, first})
	if err == nil {
		err = Exception(answer)
	}
	if err != nil {
		return Identification{}, err
	}
	i, ok := identified(answer, kind)
	if !ok {
		b.count(func(s *Stats) { s.Garbage++ })
		return i, garbage("no identification: % x", answer[:min(len(answer), 12)])
	}
	return i, nil
}

// identified reads an answer, function first. Pure.
func identified(answer []byte, kind byte) (i Identification, ok bool) {
	if len(answer) < identifiedBefore || answer[0] != encapsulated || answer[1] != identification || answer[2] != kind {
		return i, false
	}
	i.More, i.Next = answer[4] != 0, answer[5]
	rest := answer[identifiedBefore:]
	for range answer[6] {
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return i, false
		}
		n := 2 + int(rest[1])
		i.Objects = append(i.Objects, Object{rest[0], slices.Clone(rest[2:n])})
		rest = rest[n:]
	}
	return i, true
}

// identifiedLength is the length of the answer that b begins with, as on a serial
// line; 0 while it cannot be told.
func identifiedLength(b []byte) int {
	n := 1 + identifiedBefore
	if len(b) < n {
		return 0
	}
	for range b[n-1] {
		if len(b) < n+2 {
			return 0
		}
		if n += 2 + int(b[n+1]); n+2 > longestFrame {
			return 0
		}
	}
	return n + 2
}

func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b)))
}
