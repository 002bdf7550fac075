package modbus

import (
	"bytes"
	"testing"
)

func sealed(b ...byte) []byte {
	s := sum(b)
	return append(b, byte(s), byte(s>>8))
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestCheckSum(t *testing.T) {
	// The example of "MODBUS over serial line" V1.02, appendix B: 02 07 → 41 12.
	if s := sum([]byte{2, 7}); s != 0x1241 {
		t.Errorf("check sum 0x%04x, want 0x1241", s)
	}
}

func TestFind(t *testing.T) {
	read := sealed(1, 3, 0, 10, 0, 2)
	coil := sealed(1, 5, 0, 3, 0xff, 0)
	good := sealed(1, 3, 4, 0, 1, 0, 2)
	no := sealed(1, 0x83, 2)
	other := sealed(2, 3, 4, 0, 9, 0, 9)
	stale := sealed(1, 3, 2, 0, 7)
	bad := append([]byte(nil), good...)
	bad[4] ^= 1
	// Another unit's answer that carries the look of ours: it must not end the wait.
	trap := sealed(2, 3, 6, 1, 0x83, 2, 1, 3, 4)
	for _, c := range []struct {
		name    string
		request []byte
		echoes  bool
		input   []byte
		want    []byte
		damaged bool
	}{
		{"alone", read, false, good, good, false},
		{"exception", read, false, no, no, false},
		{"half", read, false, good[:5], nil, false},
		{"half an exception", read, false, no[:4], nil, false},
		{"after noise", read, false, joined([]byte{0, 1, 3, 0xff}, good), good, false},
		{"after a foreign frame", read, false, joined(other, good), good, false},
		{"after a stale one", read, false, joined(stale, good), good, false},
		{"stale only", read, false, stale, nil, false},
		{"foreign only", read, false, other, nil, false},
		{"a trap", read, false, trap, nil, false},
		{"behind the trap", read, false, joined(trap, good), good, false},
		{"damaged", read, false, bad, nil, true},
		{"damaged, then whole", read, false, joined(bad, good), good, true},
		{"half, with data that look like an exception", read, false, []byte{1, 3, 4, 1, 0x83, 9, 9}, nil, false},
		{"half of another's with such data", read, false, []byte{2, 3, 6, 1, 0x83, 9, 9, 9}, nil, false},
		{"damaged behind another's", read, false, joined(other, bad), nil, true},
		{"echo of a read", read, false, read, nil, false},
		{"echo, then answer", read, false, joined(read, good), good, false},
		{"a write's answer is its request", coil, false, coil, coil, false},
		{"on a wire that echoes it is not", coil, true, coil, nil, false},
		{"twice is", coil, true, joined(coil, coil), coil, false},
		{"another coil's answer", coil, false, sealed(1, 5, 0, 4, 0xff, 0), nil, false},
		{"nothing", read, false, nil, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, ok := expecting(c.request)
			if !ok {
				t.Fatal("the request is not understood")
			}
			if s := e.Find(c.input, c.echoes); !bytes.Equal(s.Frame, c.want) || s.Damaged != c.damaged {
				t.Errorf("found % x, damaged %v; want % x, %v", s.Frame, s.Damaged, c.want, c.damaged)
			}
		})
	}
}

func TestForeign(t *testing.T) {
	other := sealed(2, 3, 4, 0, 9, 0, 9)
	for _, c := range []struct {
		name  string
		input []byte
		want  bool
	}{
		{"nothing", nil, true},
		{"one", other, true},
		{"an exception and a request", joined(sealed(7, 0x83, 2), sealed(3, 3, 0, 0, 0, 1), other), true},
		{"a half", other[:6], false},
		{"noise behind", append(append([]byte(nil), other...), 1), false},
	} {
		if got := (expect{}).Foreign(c.input); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	good := sealed(1, 3, 4, 0, 1, 0, 2)
	f.Add(good, byte(3), false)
	f.Add(joined([]byte{9, 1, 3}, good), byte(3), true)
	f.Add(sealed(1, 0x83, 2), byte(3), false)
	f.Add(sealed(1, 5, 0, 3, 0xff, 0), byte(5), true)
	f.Fuzz(func(t *testing.T, input []byte, function byte, echoes bool) {
		request := sealed(1, function, 0, 3, 0, 2)
		e, ok := expecting(request)
		if !ok || len(input) > 2*1024 {
			return
		}
		s := e.Find(input, echoes)
		e.Foreign(input)
		if s.Frame == nil {
			return
		}
		if !sound(s.Frame) || s.Frame[0] != 1 || s.Frame[1]&0x7f != function || len(s.Frame) != e.length && len(s.Frame) != exceptionLength {
			t.Fatalf("took % x for the answer", s.Frame)
		}
	})
}
