package access

import (
	"strconv"
	"strings"
)

// lineLimit is the longest line of a card, in characters; a longer one is noise.
const lineLimit = 40

// splitter cuts the byte stream into lines: CR, LF and ETX end one, STX begins
// one anew. A line that is too long or holds other control characters is
// thrown away up to its end.
type splitter struct {
	line   [lineLimit]byte
	length int
	noise  bool
}

func (s *splitter) reset() { s.length, s.noise = 0, false }

// add takes one byte and answers with a line when one is complete. Empty lines
// are none.
func (s *splitter) add(b byte) (line string, ok bool) {
	switch {
	case b == '\r' || b == '\n' || b == 0x03:
		line, ok = string(s.line[:s.length]), s.length > 0 && !s.noise
		s.reset()
		return line, ok
	case b == 0x02:
		s.reset()
	case b < ' ' || b > '~' || s.length == lineLimit:
		s.noise = true
	default:
		s.line[s.length] = b
		s.length++
	}
	return "", false
}

// formats are the lines that readers write.
var formats = map[string]func(string) (string, bool){"decimal": decimalLine, "hex": hexLine, "em4100": em4100Line}

// decimalLine is a number of 3 to 20 digits, perhaps among blanks. Leading zeros
// are part of how it is printed on the card and stay.
func decimalLine(line string) (card string, ok bool) {
	card = strings.TrimSpace(line)
	if len(card) < 3 || len(card) > 20 || strings.Trim(card, "0123456789") != "" {
		return "", false
	}
	return card, strings.Trim(card, "0") != ""
}

// hexLine is a number of 4 to 16 hexadecimal digits; it is told in decimal.
func hexLine(line string) (card string, ok bool) {
	line = strings.TrimSpace(line)
	if len(line) < 4 || len(line) > 16 {
		return "", false
	}
	n, err := strconv.ParseUint(line, 16, 64)
	return strconv.FormatUint(n, 10), err == nil && n != 0 && line[0] != '+'
}

// em4100Line is five bytes and their exclusive or, in hexadecimal. The first
// byte is the maker's; the other four are the number that is printed on the card.
func em4100Line(line string) (card string, ok bool) {
	if len(line) != 12 {
		return "", false
	}
	n, err := strconv.ParseUint(line, 16, 64)
	if err != nil || line[0] == '+' {
		return "", false
	}
	var sum byte
	for shift := 0; shift <= 40; shift += 8 {
		sum ^= byte(n >> shift)
	}
	number := uint32(n >> 8)
	return strconv.FormatUint(uint64(number), 10), sum == 0 && number != 0
}
