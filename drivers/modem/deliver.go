package modem

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"

	"watchbox/firmware/driver"
)

// incoming is one SMS-DELIVER: a message, or one part of a joined one.
type incoming struct {
	from      string
	text      string
	reference int // of the joined message, with the width of its number in bit 16
	part, of  int // from 1; of is 1 for a message alone
}

// receipt is one SMS-STATUS-REPORT.
type receipt struct {
	reference byte // TP-MR
	to        string
	status    byte // TP-ST
}

// delivered, final and why read TP-ST after 3GPP TS 23.040 9.2.3.15.
func (r receipt) delivered() bool { return r.status <= 0x02 }
func (r receipt) final() bool     { return r.status < 0x20 || r.status >= 0x40 }

var statusWords = map[byte]string{
	0x40: "remote procedure error", 0x41: "incompatible destination", 0x42: "connection rejected",
	0x43: "number not obtainable", 0x45: "no interworking", 0x46: "validity period expired",
	0x47: "deleted by sender", 0x48: "deleted by the centre", 0x49: "does not exist",
}

func (r receipt) why() string {
	if w := statusWords[r.status]; w != "" {
		return fmt.Sprintf("not delivered: %s (status 0x%02x)", w, r.status)
	}
	return fmt.Sprintf("not delivered: status 0x%02x", r.status)
}

// reader takes octets off a PDU; once it ran out, everything reads as zero and short stays set.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) octet() byte { return r.take(1)[0] }

// decode reads the hexadecimal PDU of a +CMGR, +CMGL, +CMT or +CDS: a message
// or a receipt; exactly one of the results is not nil unless err is not.
func decode(line string) (*incoming, *receipt, error) {
	octets, err := hex.DecodeString(strings.TrimSpace(line))
	if err != nil || len(octets) > 200 {
		return nil, nil, fmt.Errorf("read PDU of %d characters: %w", len(line), driver.ErrGarbage)
	}
	r := &reader{rest: octets}
	r.take(int(r.octet())) // the centre's address
	first := r.octet()
	var in *incoming
	var rec *receipt
	switch first & 3 {
	case 0:
		in, err = readDeliver(r, first)
	case 2:
		rec = &receipt{reference: r.octet(), to: readAddress(r)}
		r.take(14) // sent, discharged
		rec.status = r.octet()
	default:
		return nil, nil, fmt.Errorf("read PDU: first octet 0x%02x is neither message nor report: %w", first, driver.ErrGarbage)
	}
	if r.short {
		err = fmt.Errorf("read PDU: it ends too early: %w", driver.ErrGarbage)
	}
	if err != nil {
		return nil, nil, err
	}
	return in, rec, nil
}

func readDeliver(r *reader, first byte) (*incoming, error) {
	in := &incoming{from: readAddress(r), part: 1, of: 1}
	r.octet() // protocol
	coding := r.octet()
	r.take(7) // time stamp of the centre
	length := int(r.octet())
	data := r.rest
	header := 0
	if first&hasHeader != 0 {
		if len(data) == 0 || int(data[0])+1 > len(data) {
			return nil, fmt.Errorf("read message: header is longer than the data: %w", driver.ErrGarbage)
		}
		header = int(data[0]) + 1
		in.join(data[1:header])
	}
	var err error
	in.text, err = readText(coding, data, header, length)
	return in, err
}

// join finds the element that says which part this is: 8-bit (0) or 16-bit (8) reference.
func (in *incoming) join(elements []byte) {
	for len(elements) >= 2 {
		id, n := elements[0], int(elements[1])
		if n+2 > len(elements) {
			return
		}
		v := elements[2 : 2+n]
		switch {
		case id == 0 && n == 3:
			in.reference, in.of, in.part = int(v[0]), int(v[1]), int(v[2])
		case id == 8 && n == 4:
			in.reference, in.of, in.part = 1<<16|int(v[0])<<8|int(v[1]), int(v[2]), int(v[3])
		}
		elements = elements[2+n:]
	}
	if in.part < 1 || in.part > in.of {
		in.part, in.of = 1, 1
	}
}

// readText reads the user data by its coding; binary messages have no text.
func readText(coding byte, data []byte, header, length int) (string, error) {
	switch alphabetOf(coding) {
	case 2:
		if length > len(data) || header > length {
			return "", fmt.Errorf("read message: %d octets of %d: %w", len(data), length, driver.ErrGarbage)
		}
		return readUCS2(data[header:length]), nil
	case 0:
		whole := (header*8 + 6) / 7
		if length < whole || length > 160 {
			return "", fmt.Errorf("read message: %d septets: %w", length, driver.ErrGarbage)
		}
		list := unpack(data[header:], whole*7-header*8, length-whole)
		if len(list) < length-whole {
			return "", fmt.Errorf("read message: text ends too early: %w", driver.ErrGarbage)
		}
		return fromSeptets(list), nil
	}
	return "", nil
}

// alphabetOf reads the data coding scheme: 0 default alphabet, 1 binary, 2 UCS-2.
func alphabetOf(coding byte) byte {
	switch {
	case coding&0xc0 == 0: // general: bit 5 is compression
		if coding&0x20 != 0 {
			return 1
		}
		return coding >> 2 & 3
	case coding&0xf0 == 0xf0:
		return coding >> 2 & 1
	case coding&0xf0 == 0xe0:
		return 2
	case coding&0xf0 == 0xc0, coding&0xf0 == 0xd0:
		return 0
	}
	return 1
}

func readUCS2(octets []byte) string {
	list := make([]uint16, len(octets)/2)
	for i := range list {
		list[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	return string(utf16.Decode(list))
}

// readAddress reads a number, or the letters of an alphanumeric sender.
func readAddress(r *reader) string {
	digits := int(r.octet())
	kind := r.octet()
	octets := r.take((digits + 1) / 2)
	if kind>>4&7 == 5 {
		return fromSeptets(unpack(octets, 0, digits*4/7))
	}
	var b strings.Builder
	if kind>>4&7 == 1 {
		b.WriteByte('+')
	}
	for i := range digits {
		v := octets[i/2] >> (4 * (i % 2)) & 0xf
		b.WriteByte("0123456789*#abc?"[v])
	}
	return b.String()
}
