package maps

import (
	"testing"

	"watchbox/firmware/point"
)

func TestPartsOfARegister(t *testing.T) {
	m, err := Parse("f.yaml", []byte(head+`invalid: [0xffff, 0xffffffff]
points:
  - {holding: 1, item: mode, label: {zh: 甲, en: a}, mask: 0x0380, states: {1: {zh: 市电, en: mains}, 5: {zh: 电池, en: battery}}}
  - {holding: 1, item: load, label: {zh: 甲, en: a}, unit: "%"}
  - {holding: 2, item: time, label: {zh: 甲, en: a}, type: u32, unit: s}
  - {discrete: 1, item: fan, label: {zh: 甲, en: a}, rank: alarm, clear: manual}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		item, want string
		raw        uint32
		quality    string
	}{
		{"mode", "5", 0xfeff &^ 0x0100, "good"},
		{"mode", "", 0xffff, "bad/not-present"}, // the whole register says "none"
		{"load", "65534", 0xfffe, "good"},
		{"load", "", 0xffff, "bad/not-present"},
		{"time", "65535", 0xffff, "good"}, // a filler of 16 bits is a number of 32
		{"time", "", 0xffffffff, "bad/not-present"},
	} {
		if v, q := m.Point(c.item).Value(c.raw); v.String() != c.want || q.String() != c.quality {
			t.Errorf("%s of %#x: %q %v, want %q %s", c.item, c.raw, v, q, c.want, c.quality)
		}
	}
	if p := m.Point("fan"); p.Clear != point.ClearManual || p.States[1].En != "alarm" {
		t.Errorf("an alarm of one bit is %+v", p)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"Smart-UPS 1500  ": "Smart-UPS 1500", "\x00\x00AS12\x00\x00": "AS12", "\x00\x00 \xff": "", "a\x07b": "a b"} {
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
