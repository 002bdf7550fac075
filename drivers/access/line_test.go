package access

import "testing"

func TestLines(t *testing.T) {
	for _, c := range []struct{ format, line, want string }{
		{"decimal", "0012345678", "0012345678"}, {"decimal", " 123 ", "123"}, {"decimal", "12", ""}, {"decimal", "12x4", ""},
		{"decimal", "000000", ""}, {"decimal", "-123", ""}, {"decimal", "123456789012345678901", ""},
		{"hex", "00BC614E", "12345678"}, {"hex", "ffffffffffffffff", "18446744073709551615"}, {"hex", "00G0", ""}, {"hex", "+123", ""}, {"hex", "0000", ""},
		{"em4100", "010063E9AE25", "6547886"}, {"em4100", "010063E9AE26", ""}, {"em4100", "010063E9AE", ""}, {"em4100", "zz0063E9AE25", ""},
	} {
		card, ok := formats[c.format](c.line)
		if ok != (c.want != "") || ok && card != c.want {
			t.Errorf("%s %q: %q %v, want %q", c.format, c.line, card, ok, c.want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("0012345678\r\n\x02010063E9AE25\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s splitter
		for _, b := range data {
			line, ok := s.add(b)
			if ok && (len(line) == 0 || len(line) > lineLimit) {
				t.Fatalf("line %q", line)
			}
			for format, parse := range formats {
				if card, good := parse(line); ok && good && (card == "" || len(card) > 20) {
					t.Fatalf("%s %q: card %q", format, line, card)
				}
			}
		}
	})
}
