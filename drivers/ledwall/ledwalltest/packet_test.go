package ledwalltest

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"watchbox/firmware/annunciate"
)

// sample is a packet laid out by hand after the standard's table.
func sample(universe uint16, sequence byte, slots ...byte) []byte {
	p := make([]byte, 126, 126+len(slots))
	p = append(p, slots...)
	be := binary.BigEndian
	p[1] = 0x10
	copy(p[4:], "ASC-E1.17")
	for _, layer := range []int{16, 38, 115} {
		be.PutUint16(p[layer:], 0x7000|uint16(len(p)-layer))
	}
	p[21], p[43], p[108], p[111] = 4, 2, 100, sequence
	copy(p[44:], "desk")
	be.PutUint16(p[113:], universe)
	p[117], p[118], p[122] = 2, 0xa1, 1
	be.PutUint16(p[123:], uint16(len(slots)+1))
	return p
}

func TestRead(t *testing.T) {
	d, err := read(sample(258, 9, 1, 2, 3))
	if err != nil || d.universe != 258 || d.sequence != 9 || d.name != "desk" || d.priority != 100 || !bytes.Equal(d.slots, []byte{1, 2, 3}) {
		t.Errorf("got %+v, %v", d, err)
	}
	good := sample(1, 0, 1, 2, 3)
	for _, i := range []int{0, 3, 4, 17, 21, 39, 43, 116, 117, 118, 120, 122, 124, 125} {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := read(bad); err == nil {
			t.Errorf("byte %d may be anything", i)
		}
	}
	if _, err := read(good[:len(good)-1]); err == nil {
		t.Error("a short packet was taken")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(1, 0, 1, 2, 3))
	f.Add(sample(63999, 255))
	f.Add([]byte("ASC-E1.17"))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := read(p)
		if err != nil {
			return
		}
		if len(d.slots) > 512 || len(d.name) > 64 {
			t.Fatalf("%d slots, name %q", len(d.slots), d.name)
		}
		r := &Receiver{streams: map[uint16]*stream{}}
		if frame, ok := r.take(d, time.Unix(0, 0)); ok && len(frame) > 170 {
			t.Fatalf("%d pixels of one universe", len(frame))
		}
	})
}

func TestTakeOrdersAndArbitrates(t *testing.T) {
	r := &Receiver{streams: map[uint16]*stream{}}
	now := time.Unix(100, 0)
	desk, other := [16]byte{1}, [16]byte{2}
	steps := []struct {
		name string
		d    data
		pass time.Duration
		want bool
	}{
		{"first", data{source: desk, priority: 100, sequence: 250, universe: 2, slots: []byte{1, 1, 1}}, 0, true},
		{"the same again", data{source: desk, priority: 100, sequence: 250, universe: 2}, 0, false},
		{"late", data{source: desk, priority: 100, sequence: 240, universe: 2}, 0, false},
		{"round the corner", data{source: desk, priority: 100, sequence: 3, universe: 2, slots: []byte{2, 2, 2}}, 0, true},
		{"another source as strong", data{source: other, priority: 100, universe: 2}, 0, false},
		{"a preview", data{source: desk, priority: 100, sequence: 4, universe: 2, preview: true}, 0, false},
		{"a stronger source", data{source: other, priority: 101, universe: 2, slots: []byte{3, 3, 3}}, 0, true},
		{"the weaker one", data{source: desk, priority: 100, sequence: 5, universe: 2}, 0, false},
		{"after the stronger one is lost", data{source: desk, priority: 100, sequence: 6, universe: 2, slots: []byte{4, 4, 4}}, 3 * time.Second, true},
		{"a universe before it", data{source: desk, priority: 100, sequence: 0, universe: 1, slots: []byte{9, 9, 9}}, 0, true},
	}
	var frame annunciate.Frame
	for _, s := range steps {
		now = now.Add(s.pass)
		f, ok := r.take(s.d, now)
		if ok != s.want {
			t.Errorf("%s: got %v", s.name, ok)
		}
		if ok {
			frame = f
		}
	}
	if !frame.Equal(annunciate.Frame{{R: 9, G: 9, B: 9}, {R: 4, G: 4, B: 4}}) {
		t.Errorf("the wall shows %v", frame)
	}
	for u := range 200 {
		r.take(data{universe: uint16(u + 10)}, now)
	}
	if len(r.streams) > mostUniverses {
		t.Errorf("%d universes are remembered", len(r.streams))
	}
	r.Misbehave(true)
	if _, ok := r.take(data{source: desk, priority: 200, sequence: 9, universe: 1}, now); ok {
		t.Error("a deaf wall heard")
	}
}
