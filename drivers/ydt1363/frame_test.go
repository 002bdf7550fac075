package ydt1363

import (
	"bytes"
	"strings"
	"testing"

	"watchbox/drivers/ydt1363/ydt1363test"
)

// The frames that NUT's header ydn23.h gives for a UPS that is asked for its address.
func TestPublishedVector(t *testing.T) {
	request, reply := "~21012A500000FDA4\r", "~21012A000000FDA9\r"
	m := message{0x21, 1, 0x2a, 0x50, nil}
	if got := string(m.encode()); got != request {
		t.Errorf("%q, want %q", got, request)
	}
	q := question{m, m.encode(), 0}
	if s := q.Find([]byte(reply), false); string(s.Frame) != reply || s.Echo {
		t.Errorf("%+v", s)
	}
	if got := ydt1363test.Frame(0x21, 1, 0x2a, 0, nil); got != reply {
		t.Errorf("the fake says %q", got)
	}
}

// Frames of real battery modules as users of public drivers captured them: question and
// answer, to the last check sum.
func TestCapturedFrames(t *testing.T) {
	for _, c := range []struct {
		command          byte
		request, reply   string
		at, count, cells int
	}{
		{0x42, "~20024642E00202FD33\r", "~20024600F07A11020F0CC50CC30CC50CC40CC40CC60CC50CC40CC70CC50CC60CC60CC50CC60CC6050B370B230B230B2D0B2DFFE0BF8DFFFF04FFFF001B00BBE4012110E1D6\r", 2, 61, 15},
		{0x44, "~20024644E00202FD31\r", "~20024600A04210020F000000000000000000000000000000050000000000000000000E00000000F108\r", 2, 33, 15},
		{0x42, "", "~20024600D05E1002080D020D020D020D030D000D010D010D03050B7D0B690B690B690B73FFFA680EFFFF04FFFF00000174E401B198E906\r", 2, 47, 8},
	} {
		m := message{0x20, 2, 0x46, c.command, []byte{2}}
		if got := string(m.encode()); c.request != "" && got != c.request {
			t.Errorf("%q, want %q", got, c.request)
		}
		s := question{m, m.encode(), 0}.Find([]byte(c.reply), false)
		if string(s.Frame) != c.reply {
			t.Errorf("%+v", s)
			continue
		}
		if a, _, _ := decode(s.Frame); a.command != 0 || len(a.info) != c.count || int(a.info[c.at]) != c.cells {
			t.Errorf("%+v", a)
		}
		if got := ydt1363test.Frame(0x20, 2, 0x46, 0, decoded(c.reply)); got != c.reply {
			t.Errorf("the fake says %q", got)
		}
	}
}

func decoded(frame string) []byte {
	m, _, _ := decode([]byte(frame))
	return m.info
}

func TestFind(t *testing.T) {
	m := message{0x21, 1, 0x2a, 0x42, nil}
	q := question{m, m.encode(), 0}
	good := ydt1363test.Frame(0x21, 1, 0x2a, 0, []byte{0, 0x55, 0xf0})
	other := ydt1363test.Frame(0x21, 2, 0x2a, 0, []byte{0, 9})
	for _, c := range []struct {
		name, input    string
		found, echo    bool
		damaged, alien bool
	}{
		{"the answer", good, true, false, false, true},
		{"after an echo", string(q.frame) + good, true, true, false, true},
		{"only the echo", string(q.frame), false, true, false, true},
		{"after another unit's", other + good, true, false, false, true},
		{"another unit's only", other, false, false, false, true},
		{"after noise", "\x00~~2" + good, true, false, false, false},
		{"half", good[:len(good)-3], false, false, false, false},
		{"a wrong sum", good[:len(good)-5] + "0000\r", false, false, true, false},
		{"a wrong sum of the length", good[:9] + "F" + good[10:], false, false, true, false},
		{"another unit's with a wrong sum", other[:len(other)-5] + "0000\r", false, false, false, false},
		{"an echo with a wrong sum", string(q.frame[:len(q.frame)-5]) + "0000\r", false, false, false, false},
		{"the answer after it", string(q.frame[:len(q.frame)-5]) + "0000\r" + good, true, false, false, false},
		{"no hex", good[:14] + "x" + good[15:], false, false, true, false},
		{"of another class", ydt1363test.Frame(0x21, 1, 0x40, 0, nil), false, false, false, true},
		{"nothing", "", false, false, false, true},
	} {
		s := q.Find([]byte(c.input), false)
		if (s.Frame != nil) != c.found || s.Echo != c.echo || s.Frame == nil && s.Damaged != c.damaged || q.Foreign([]byte(c.input)) != c.alien {
			t.Errorf("%s: %+v, foreign %v", c.name, s, q.Foreign([]byte(c.input)))
		}
		if s.Frame != nil && string(s.Frame) != good {
			t.Errorf("%s: took %q", c.name, s.Frame)
		}
	}
}

// TestSpacesOfACapturedFrame: this air-conditioner sends spaces for one of the items
// that it does not measure, and 20H in hex for the others.
func TestSpacesOfACapturedFrame(t *testing.T) {
	const captured = "~10016000204A00E8202020200000202020202020001B202020202020202006    001A2020001B059F2B10EF45\r"
	m, n, damaged := decode([]byte(captured))
	if n != len(captured) || damaged || len(m.info) != 37 || string(m.info[23:29]) != "\x20\x06\x20\x20\x00\x1a" {
		t.Errorf("% X, %d of %d, damaged %v", m.info, n, len(captured), damaged)
	}
	if _, n, _ := decode([]byte(strings.Replace(captured, "    ", " 20 ", 1))); n != 0 {
		t.Error("half a space was taken for a digit")
	}
}

func TestEveryFrameReadsBack(t *testing.T) {
	for n := range 300 {
		m := message{0x20, byte(n), 0x41, byte(n), bytes.Repeat([]byte{byte(n), 0x20}, n/2)}
		got, length, damaged := decode(append(m.encode(), "~more"...))
		if damaged || length != len(m.encode()) || !bytes.Equal(got.info, m.info) || got.address != m.address {
			t.Fatalf("%d: %+v %d %v", n, got, length, damaged)
		}
		if want := ydt1363test.Frame(m.version, m.address, m.class, m.command, m.info); want != string(m.encode()) {
			t.Fatalf("the fake writes %q, the master %q", want, m.encode())
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("~21012A000000FDA9\r"))
	f.Add([]byte(ydt1363test.Frame(0x20, 254, 0x60, 0, []byte("hello"))))
	f.Add([]byte("~21012A00FFFFFDA9\r"))
	m := message{0x21, 1, 0x2a, 0x42, nil}
	q := question{m, m.encode(), 0}
	f.Fuzz(func(t *testing.T, b []byte) {
		q.Foreign(b)
		if s := q.Find(b, false); s.Frame != nil {
			got, n, _ := decode(s.Frame)
			if n != len(s.Frame) || got.address != 1 || got.class != 0x2a {
				t.Fatalf("took %q", s.Frame)
			}
		}
	})
}
