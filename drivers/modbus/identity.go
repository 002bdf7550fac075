package modbus

import (
	"bytes"
	"context"
	"strings"
	"unicode"

	"watchbox/drivers/pair"
	"watchbox/firmware/driver"
)

// Object is one text that a device tells of itself.
type Object struct {
	ID   byte // 0 vendor, 1 product, 2 revision; 80H and above: the vendor's own
	Text string
}

// Identify asks for device identification, function 43 / MEI type 14
// (specification V1.1b3, 6.21): code 1 is the basic stream from object 0, 4 one
// object alone, 3 with an object of the vendor's range as some UPS want it. A
// device that has none refuses, which is driver.ErrNotPresent. One attempt; serial
// lines only; the caller keeps the device's pause.
func (b *Bus) Identify(ctx context.Context, unit uint8, m Manners, code, object byte) ([]Object, error) {
	if b.pair == nil {
		return nil, unsupported("identification over TCP")
	}
	request := []byte{unit, 0x2b, 0x0e, code, object}
	crc := sum(request)
	request = append(request, byte(crc), byte(crc>>8))
	reply, err := b.pair.Exchange(ctx, request, identifying{expect{request: request}}, m)
	if err != nil {
		return nil, err
	}
	if reply[1] == 0x2b|0x80 {
		known := exceptions[reply[2]]
		if known.class == nil {
			known.class = driver.ErrRefused
		}
		return nil, driver.Fail(known.class, "exception %d", reply[2])
	}
	objects := ParseIdentity(reply[1 : len(reply)-2])
	if objects == nil {
		return nil, garbage("identification not understood: % x", reply)
	}
	return objects, nil
}

// identityLimit is the longest answer, by the protocol's frame (V1.02, 2.5.1).
const identityLimit = 256

// ParseIdentity takes the objects out of an answer's PDU; nil when it is none. Pure.
func ParseIdentity(pdu []byte) (all []Object) {
	const head = 7 // function, type, code, conformity, more, next, number
	if len(pdu) < head || pdu[0] != 0x2b || pdu[1] != 0x0e {
		return nil
	}
	rest := pdu[head:]
	for len(rest) >= 2 && len(rest) >= 2+int(rest[1]) {
		all = append(all, Object{rest[0], printable(rest[2 : 2+int(rest[1])])})
		rest = rest[2+int(rest[1]):]
	}
	if len(rest) > 0 {
		return nil
	}
	return all
}

func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b)))
}

// identifying finds the answer of 43/14, which bears no length of its own.
type identifying struct{ expect }

func (identifying) Length() int { return identityLimit }

func (e identifying) Find(b []byte, _ bool) (s pair.Search) {
	s.Certain = true
	for i := 0; i < len(b); i++ {
		if bytes.HasPrefix(b[i:], e.request) {
			s.Echo = true
			i += len(e.request) - 1
			continue
		}
		n := e.at(b[i:])
		switch {
		case n > 0 && sound(b[i:i+n]):
			s.Frame, s.Before = b[i:i+n], i
			return s
		case n > 0:
			s.Damaged = true
		}
	}
	return s
}

// at is the length of what could be the answer at b's start, 0 when it is none or
// not whole.
func (e identifying) at(b []byte) int {
	switch {
	case len(b) < exceptionLength || b[0] != e.request[0]:
		return 0
	case b[1] == 0x2b|0x80:
		return exceptionLength
	case len(b) < 10 || b[1] != 0x2b || b[2] != 0x0e:
		return 0
	}
	return objectsEnd(b)
}

// objectsEnd is where an answer of 43/14 at b's start ends by its own count of
// objects, with its check sum; 0: not within b.
func objectsEnd(b []byte) int {
	if len(b) < 10 {
		return 0
	}
	n := 8
	for range b[7] {
		if len(b) < n+2 {
			return 0
		}
		n += 2 + int(b[n+1])
	}
	if n+2 > len(b) {
		return 0
	}
	return n + 2
}
