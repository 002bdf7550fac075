package access_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchbox/drivers/access"
	"watchbox/drivers/access/accesstest"
	"watchbox/firmware/driver"
)

// send adds the edges and ends the frame.
func send(w *access.Wiegand, edges []access.Edge) (access.Credential, bool, error) {
	for _, e := range edges {
		w.Add(e)
	}
	return w.End(edges[len(edges)-1].Stamp + access.Idle)
}

func word(bits string) []access.Edge {
	var edges []access.Edge
	for i, b := range bits {
		edges = append(edges, access.Edge{One: b == '1', Stamp: time.Duration(i) * time.Millisecond, Sequence: uint32(i)})
	}
	return edges
}

// TestWiegandWorkedExamples are from readers' manuals: site 170, user 31527
// with its parities; 0xD41B81 with 1 and 0; 0x89D41B81 with 1 and 1.
func TestWiegandWorkedExamples(t *testing.T) {
	for bits, want := range map[string]access.Credential{
		"11010101001111011001001111":                        {}, // one parity wrong
		"1" + "110101000001" + "101110000001" + "0":         {Bits: 26, Number: 0xD41B81},
		"1" + "1000100111010100" + "0001101110000001" + "1": {Bits: 34, Number: 0x89D41B81},
		"1" + "101010100111" + "101100100111" + "0":         {Bits: 26, Number: 170<<16 | 31527},
	} {
		c, done, err := send(&access.Wiegand{}, word(bits))
		if !done || c != want || (err != nil) != (want.Bits == 0) {
			t.Errorf("%s: %+v %v, want %+v", bits, c, err, want)
		}
		if want.Number == 170<<16|31527 && (c.Facility() != 170 || c.Card() != 31527) {
			t.Errorf("facility %d, card %d", c.Facility(), c.Card())
		}
	}
}

func TestWiegandRefusesDamage(t *testing.T) {
	good := func() []access.Edge { return accesstest.Frame(26, 0x123456, time.Second, 1<<32-5) }
	spoil := func(f func([]access.Edge) []access.Edge) []access.Edge { return f(good()) }
	for name, edges := range map[string][]access.Edge{
		"lost edge":    spoil(func(e []access.Edge) []access.Edge { return slices.Delete(e, 7, 8) }),
		"first lost":   spoil(func(e []access.Edge) []access.Edge { return e[1:] }),
		"doubled":      spoil(func(e []access.Edge) []access.Edge { return slices.Insert(e, 7, e[7]) }),
		"flipped":      spoil(func(e []access.Edge) []access.Edge { e[9].One = !e[9].One; return e }),
		"ringing":      spoil(func(e []access.Edge) []access.Edge { e[9].Stamp = e[8].Stamp + 10*time.Microsecond; return e }),
		"two as one":   append(good(), accesstest.Frame(26, 1, time.Second+30*time.Millisecond, 21)...),
		"one pulse":    good()[:1],
		"never ending": word(string(make([]byte, 500))),
	} {
		w := &access.Wiegand{}
		if c, done, err := send(w, edges); !done || c != (access.Credential{}) || !errors.Is(err, driver.ErrGarbage) {
			t.Errorf("%s: %+v %v %v", name, c, done, err)
		}
		if c, _, err := send(w, accesstest.Frame(34, 77, time.Hour, 9)); err != nil || c.Number != 77 {
			t.Errorf("after %s the next frame is %+v %v", name, c, err)
		}
	}
}

func TestWiegandOrdersBySequence(t *testing.T) {
	edges := accesstest.Frame(34, 0xDEADBEEF, 0, 1<<32-3)
	edges[4], edges[5] = edges[5], edges[4]
	if c, _, err := send(&access.Wiegand{}, edges); err != nil || c.Number != 0xDEADBEEF {
		t.Errorf("%+v %v", c, err)
	}
}

func TestWiegandEndsByTheNextFrame(t *testing.T) {
	w := &access.Wiegand{}
	for _, e := range accesstest.Frame(26, 5, 0, 0) {
		w.Add(e)
	}
	next := accesstest.Frame(26, 6, time.Second, 26)
	if c, done, err := w.Add(next[0]); !done || err != nil || c.Number != 5 {
		t.Errorf("%+v %v %v", c, done, err)
	}
	if c, done, err := send(w, next[1:]); !done || err != nil || c.Number != 6 {
		t.Errorf("%+v %v %v", c, done, err)
	}
	if _, done, _ := w.End(time.Hour); done {
		t.Error("a frame out of nothing")
	}
}

func TestWiegandAllNumbersComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		n := r.Uint32()
		if c, _, err := send(&access.Wiegand{}, accesstest.Frame(34, n, 0, r.Uint32())); err != nil || c.Number != n {
			t.Fatalf("%d: %+v %v", n, c, err)
		}
		if c, _, err := send(&access.Wiegand{}, accesstest.Frame(26, n>>8, 0, r.Uint32())); err != nil || c.Number != n>>8 {
			t.Fatalf("%d: %+v %v", n>>8, c, err)
		}
	}
}

func FuzzWiegand(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 0, 0, 200, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var w access.Wiegand
		var at time.Duration
		var sequence uint32
		for _, b := range data {
			at += time.Duration(b>>1&0x3f) * 500 * time.Microsecond
			sequence += 1 + uint32(b>>7)
			c, done, err := w.Add(access.Edge{One: b&1 == 1, Stamp: at, Sequence: sequence})
			if !done && (err != nil || c != (access.Credential{})) || err != nil && c.Bits != 0 {
				t.Fatalf("%+v %v %v", c, done, err)
			}
		}
		if _, done, _ := w.End(at + access.Idle); done != (len(data) > 0) {
			t.Fatalf("done %v after %d edges", done, len(data))
		}
	})
}
