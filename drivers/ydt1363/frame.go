package ydt1363

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"

	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
)

// What frames a message (YD/T 1363.3: SOI, EOI), and its least and greatest length.
const (
	soi       = '~'
	eoi       = '\r'
	envelope  = 18   // characters beside INFO
	infoLimit = 4095 // characters that LENID can count
	usual     = 256  // no answer of a UPS that is known here has more
)

// message is one frame, taken apart. In an answer CID2 is the return code.
type message struct {
	version, address, class, command byte
	info                             []byte
}

// encode writes the frame as it goes over the wire.
func (m message) encode() []byte {
	n := 2 * len(m.info)
	b := fmt.Appendf(nil, "%c%02X%02X%02X%02X%X%03X%X", soi, m.version, m.address, m.class, m.command, lengthSum(n), n, m.info)
	return fmt.Appendf(b, "%04X%c", sum(b[1:]), eoi)
}

// lengthSum is LCHKSUM: what makes the sum of the length's three digits and it 0 modulo 16.
func lengthSum(n int) int { return -(n&15 + n>>4&15 + n>>8&15) & 15 }

// sum is CHKSUM: what makes the sum of all characters after SOI and it 0 modulo 65536.
func sum(b []byte) (s uint16) {
	for _, c := range b {
		s -= uint16(c)
	}
	return s
}

// decode reads the frame that b begins with, and its length in characters. n is 0
// while it is not whole, damaged is true for one that is whole and wrong. Pure.
func decode(b []byte) (m message, n int, damaged bool) {
	if len(b) < envelope || b[0] != soi {
		return m, 0, false
	}
	n = lengthOf(b)
	if n == 0 {
		return m, 0, bytes.IndexByte(b, eoi) >= envelope-1
	}
	if len(b) < n {
		return m, 0, false
	}
	raw := make([]byte, (n-2)/2)
	if _, err := hex.Decode(raw, filled(b[1:n-1])); err != nil || b[n-1] != eoi || sum(b[1:n-5]) != uint16(raw[len(raw)-2])<<8|uint16(raw[len(raw)-1]) {
		return m, 0, true
	}
	return message{raw[0], raw[1], raw[2], raw[3], raw[6 : len(raw)-2]}, n, false
}

// filled writes the two spaces that some units send for each byte of what they do not
// measure as the 20H that they stand for; the sum is that of the spaces. Captured of an
// air-conditioner by GetAnalog.java of fox-edge-server-protocol-telecom-air-qztt-2219-2020
// (github.com/hupengwu/fox-edge-server-protocol).
func filled(text []byte) []byte {
	if bytes.IndexByte(text, ' ') < 0 {
		return text
	}
	text = bytes.Clone(text)
	for i := 0; i+1 < len(text); i += 2 {
		if text[i] == ' ' && text[i+1] == ' ' {
			copy(text[i:], "20")
		}
	}
	return text
}

// lengthOf is how many characters the frame has that b begins with, as its head says;
// 0 while the head is not there, or wrong.
func lengthOf(b []byte) int {
	if len(b) < 13 || b[0] != soi {
		return 0
	}
	length, err := strconv.ParseUint(string(b[9:13]), 16, 16)
	count := int(length & infoLimit)
	if err != nil || lengthSum(count) != int(length>>12) || count%2 != 0 {
		return 0
	}
	return envelope + count
}

// question is a request with what may answer it.
type question struct {
	message
	frame []byte
	most  int // characters of INFO that the answer has at most; 0: not known
}

var _ pair.Answer = question{}

// Length is how many characters the answer will have, as far as is known: a longer
// one says so in its head.
func (q question) Length() int {
	if q.most > 0 {
		return envelope + q.most
	}
	return envelope + usual
}

// Asked is the unit that the question is for.
func (q question) Asked() bus.Slave { return bus.Slave{Protocol: bus.YDT1363, Unit: int(q.address)} }

// Find looks for a whole frame of the unit and its class that is not the request
// itself. In an answer a return code stands in place of the command: which
// question it answers is not said in it.
func (q question) Find(b []byte, _ bool) (s pair.Search) {
	s.Certain = true
	for i := 0; i < len(b); i++ {
		if b[i] != soi {
			continue
		}
		if bytes.HasPrefix(b[i:], q.frame) {
			s.Echo = true
			i += len(q.frame) - 1
			continue
		}
		m, n, damaged := decode(b[i:])
		switch {
		case n > 0 && m.address == q.address && m.class == q.class:
			s.Frame, s.Before = b[i:i+n], i
			return s
		case n > 0:
			i += n - 1 // somebody else's
		case damaged && q.mine(b[i:]):
			s.Damaged = true
		case !damaged && q.mine(b[i:]):
			s.Coming = max(0, lengthOf(b[i:])-len(b[i:]))
		}
	}
	return s
}

// mine is whether a frame that is not whole, or has a wrong sum, bears the unit's
// address and class: only then has the unit spoken. With the command behind them it is
// our own question, given back by the line and damaged on the way.
func (q question) mine(b []byte) bool {
	return len(b) >= 9 && bytes.Equal(b[3:7], q.frame[3:7]) && !bytes.Equal(b[7:9], q.frame[7:9])
}

// Foreign is true when b is nothing but whole frames of other units.
func (q question) Foreign(b []byte) bool {
	for len(b) > 0 {
		_, n, _ := decode(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}
