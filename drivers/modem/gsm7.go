package modem

import "strings"

// The default alphabet of 3GPP TS 23.038: position is the septet. 0x1b leads
// into the extension table and stands for no character of its own.
const alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const escape = 0x1b

var (
	letters  = []rune(alphabet)
	extended = map[byte]rune{0x0a: '\f', 0x14: '^', 0x28: '{', 0x29: '}', 0x2f: '\\', 0x3c: '[', 0x3d: '~', 0x3e: ']', 0x40: '|', 0x65: '€'}
	septets  = invert()
)

func invert() map[rune][]byte {
	m := map[rune][]byte{}
	for i, r := range letters {
		if i != escape {
			m[r] = []byte{byte(i)}
		}
	}
	for s, r := range extended {
		m[r] = []byte{escape, s}
	}
	return m
}

// toSeptets writes text in the default alphabet, one list per character so that
// an escape is not parted from its letter; ok is false when a character is missing there.
func toSeptets(text string) (list [][]byte, ok bool) {
	for _, r := range text {
		s, known := septets[r]
		if !known {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// fromSeptets reads septets; a lone escape is a space, as the standard asks.
func fromSeptets(list []byte) string {
	var b strings.Builder
	for i := 0; i < len(list); i++ {
		s := list[i] & 0x7f
		if s != escape {
			b.WriteRune(letters[s])
			continue
		}
		i++
		if i == len(list) {
			break
		}
		if r, ok := extended[list[i]&0x7f]; ok {
			b.WriteRune(r)
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// pack puts septets into octets after fill bits of zero.
func pack(list []byte, fill int) []byte {
	out := make([]byte, (len(list)*7+fill+7)/8)
	for i, s := range list {
		bit := fill + i*7
		v := uint16(s&0x7f) << (bit % 8)
		out[bit/8] |= byte(v)
		if v>>8 != 0 {
			out[bit/8+1] |= byte(v >> 8)
		}
	}
	return out
}

// unpack reads n septets out of octets after fill bits; fewer when the octets end.
func unpack(octets []byte, fill, n int) []byte {
	list := make([]byte, 0, n)
	for i := range n {
		bit := fill + i*7
		if (bit+7+7)/8 > len(octets) {
			break
		}
		v := uint16(octets[bit/8]) >> (bit % 8)
		if bit%8 > 1 {
			v |= uint16(octets[bit/8+1]) << (8 - bit%8)
		}
		list = append(list, byte(v)&0x7f)
	}
	return list
}
