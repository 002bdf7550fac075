package modem

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"watchbox/firmware/driver"
)

// Sizes of 3GPP TS 23.040: one message alone, and one part of a joined message
// behind the six octets of its header.
const (
	aloneUnits    = 70  // UCS-2
	joinedUnits   = 67  //
	aloneSeptets  = 160 // default alphabet
	joinedSeptets = 153
	partsLimit    = 10 // a longer text ends in an ellipsis
)

// Bits and values of an SMS-SUBMIT.
const (
	submit        = 0x01
	relativeValid = 0x10
	wantReport    = 0x20
	hasHeader     = 0x40
	dayValid      = 0xa7 // relative validity: 24 h
	alphabetUCS2  = 0x08
)

// encode makes the TPDUs of one message, in order: the default alphabet where
// the text allows it, else UCS-2; a character is never cut in two. reference
// joins the parts of one message.
func encode(to, text string, reference byte) ([][]byte, error) {
	address, err := encodeAddress(to)
	if err != nil {
		return nil, err
	}
	text = strings.ToValidUTF8(text, "?")
	if list, ok := toSeptets(text); ok {
		return submits(address, reference, 0, split(list, aloneSeptets, joinedSeptets, []byte{'.'})), nil
	}
	var list [][]byte
	for _, r := range text {
		var octets []byte
		for _, u := range utf16.AppendRune(nil, r) {
			octets = append(octets, byte(u>>8), byte(u))
		}
		list = append(list, octets)
	}
	return submits(address, reference, alphabetUCS2, split(list, 2*aloneUnits, 2*joinedUnits, []byte{0x20, 0x26})), nil
}

// split fills parts with whole characters.
func split(characters [][]byte, alone, joined int, ellipsis []byte) (parts [][]byte) {
	total := 0
	for _, c := range characters {
		total += len(c)
	}
	limit := joined
	if total <= alone {
		limit = alone
	}
	part := []byte{}
	for i, c := range characters {
		room := limit
		last := len(parts) == partsLimit-1
		if last && i+1 < len(characters) {
			room -= len(ellipsis)
		}
		if len(part)+len(c) > room {
			if last {
				return append(parts, append(part, ellipsis...))
			}
			parts, part = append(parts, part), []byte{}
		}
		part = append(part, c...)
	}
	return append(parts, part)
}

// submits wraps the parts: first octet, reference 0 (the modem sets it), address,
// protocol 0, coding, validity, length, data.
func submits(address []byte, reference, coding byte, parts [][]byte) (pdus [][]byte) {
	for i, part := range parts {
		first := byte(submit | relativeValid | wantReport)
		var header []byte
		if len(parts) > 1 {
			first |= hasHeader
			header = []byte{5, 0, 3, reference, byte(len(parts)), byte(i + 1)}
		}
		pdu := append([]byte{first, 0}, address...)
		pdu = append(pdu, 0, coding, dayValid)
		if coding == alphabetUCS2 {
			pdu = append(pdu, byte(len(header)+len(part)))
			pdu = append(append(pdu, header...), part...)
		} else {
			whole := (len(header)*8 + 6) / 7 // septets that the header takes
			pdu = append(pdu, byte(whole+len(part)))
			pdu = append(append(pdu, header...), pack(part, whole*7-len(header)*8)...)
		}
		pdus = append(pdus, pdu)
	}
	return pdus
}

// encodeAddress writes a number of 3–20 digits; a leading + or 00 makes it international.
func encodeAddress(to string) ([]byte, error) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -()", r) {
			return -1
		}
		return r
	}, to)
	kind := byte(0x81)
	if rest, ok := strings.CutPrefix(digits, "+"); ok {
		digits, kind = rest, 0x91
	} else if rest, ok := strings.CutPrefix(digits, "00"); ok {
		digits, kind = rest, 0x91
	}
	if len(digits) < 3 || len(digits) > 20 || strings.Trim(digits, "0123456789") != "" {
		return nil, fmt.Errorf("write number %.24q: want 3 to 20 digits: %w", to, driver.ErrUnsupported)
	}
	out := []byte{byte(len(digits)), kind}
	for i := 0; i < len(digits); i += 2 {
		high := byte(0xf)
		if i+1 < len(digits) {
			high = digits[i+1] - '0'
		}
		out = append(out, high<<4|(digits[i]-'0'))
	}
	return out, nil
}
