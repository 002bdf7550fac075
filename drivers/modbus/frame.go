package modbus

import (
	"bytes"

	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
)

// sum is the CRC-16 of the serial line, polynomial 0xA001, low byte sent first.
func sum(b []byte) uint16 {
	crc := uint16(0xffff)
	for _, c := range b {
		crc = crc>>8 ^ sums[byte(crc)^c]
	}
	return crc
}

var sums = func() (t [256]uint16) {
	for i := range t {
		crc := uint16(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xa001
			} else {
				crc >>= 1
			}
		}
		t[i] = crc
	}
	return t
}()

// sound is true when the last two bytes are the check sum of the others.
func sound(frame []byte) bool {
	n := len(frame) - 2
	return n >= 2 && sum(frame[:n]) == uint16(frame[n])|uint16(frame[n+1])<<8
}

// exceptionLength is that of an exception on a serial line.
const exceptionLength = 5

// expect is what the answer to one request looks like.
type expect struct {
	request []byte
	head    []byte // the answer begins so
	length  int    // of the whole answer; where that is in the answer itself, of the longest
	reads   bool
}

var _ pair.Answer = expect{}

// Length is how many characters the answer has.
func (e expect) Length() int { return e.length }

// Asked is the unit that the request is for.
func (e expect) Asked() bus.Slave { return bus.Slave{Protocol: bus.ModbusRTU, Unit: int(e.request[0])} }

// expecting says what must answer the request; ok is false for a function that
// this package does not use.
func expecting(request []byte) (e expect, ok bool) {
	e.request = request
	if len(request) == 7 && request[1] == encapsulated && request[2] == identification {
		e.head, e.length, e.reads = request[:4], longestFrame, true
		return e, true
	}
	if len(request) < 8 {
		return e, false
	}
	count := int(request[4])<<8 | int(request[5])
	data := 0
	switch request[1] {
	case 1, 2:
		data = (count + 7) / 8
	case 3, 4:
		data = 2 * count
	case 5, 6, 15, 16:
		e.head, e.length = request[:6], 8
		return e, true
	default:
		return e, false
	}
	e.head, e.length, e.reads = []byte{request[0], request[1], byte(data)}, 5+data, true
	return e, true
}

// Find looks for the answer: noise and other people's frames may stand before it.
// An incomplete answer is found when the rest has come.
func (e expect) Find(b []byte, echoes bool) (s pair.Search) {
	s.Certain = e.reads
	echoed := false
	whole := true // everything before i was whole frames
	for i := 0; i < len(b); i++ {
		rest := b[i:]
		// A read's answer cannot be its request. A write's answer is its request,
		// so there the first copy counts as echo only where the wire is known to echo.
		if (e.reads || echoes && !echoed) && bytes.HasPrefix(rest, e.request) {
			s.Echo, echoed = true, true
			i += len(e.request) - 1
			continue
		}
		frame, damaged := e.at(rest)
		if frame != nil {
			s.Frame, s.Before = frame, i
			return s
		}
		if whole { // a frame begins here: only so can damage be seen, as any data may look like it
			if n := anyFrame(rest); n > 0 {
				i += n - 1 // somebody else's: what it carries is not looked at
				continue
			}
			whole, s.Damaged = false, damaged
		}
	}
	return s
}

// at tries one place.
func (e expect) at(b []byte) (frame []byte, damaged bool) {
	if b[0] != e.request[0] {
		return nil, false
	}
	if len(b) >= exceptionLength && b[1] == e.request[1]|0x80 {
		if f := b[:exceptionLength]; sound(f) {
			return f, false
		}
		return nil, true
	}
	n := e.whole(b)
	if n == 0 || len(b) < n || !bytes.HasPrefix(b, e.head) {
		return nil, false
	}
	if f := b[:n]; sound(f) {
		return f, false
	}
	return nil, true
}

// whole is the length of the answer that b begins with; 0 while it cannot be told.
func (e expect) whole(b []byte) int {
	if e.request[1] == encapsulated {
		return identifiedLength(b)
	}
	return e.length
}

// Foreign is true when b is nothing but whole frames of somebody: answers of
// other units, requests of another master.
func (expect) Foreign(b []byte) bool {
	for len(b) > 0 {
		n := anyFrame(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

// anyFrame is the length of the sound frame that b begins with, or 0.
func anyFrame(b []byte) int {
	lengths := []int{exceptionLength, 8}
	if len(b) > 2 {
		lengths = append(lengths, 5+int(b[2]))
	}
	if len(b) > 1 && b[1]&0x7f == encapsulated {
		lengths = append(lengths, 7, identifiedLength(b))
	}
	for _, n := range lengths {
		if n <= len(b) && sound(b[:n]) {
			return n
		}
	}
	return 0
}
