package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// accepted is a site file of some length.
func accepted(n int, day int) AcceptedSite {
	text := bytes.Repeat([]byte("  - {terminal: DI1, point: oc/panic}\n"), n/37+1)[:n]
	return AcceptedSite{text, time.Date(2026, 3, day, 14, 5, 0, 0, time.UTC)}
}

// noise does not become shorter.
func noise(n int) []byte {
	b, r := make([]byte, n), rand.New(rand.NewPCG(3, 4))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (k KeptSite) holds(t *testing.T, want AcceptedSite) {
	t.Helper()
	if got, err := k.Load(); err != nil || !bytes.Equal(got.Text, want.Text) || !got.At.Equal(want.At) {
		t.Errorf("kept %d bytes %v, %v; want %d bytes %v", len(got.Text), got, err, len(want.Text), want)
	}
}

func TestKeptSite(t *testing.T) {
	b := newBox(t)
	k, before := KeptSite{b.files.State}, b.get(b.files.State)[:keptFirst]
	if _, err := k.Load(); !errors.Is(err, ErrNoSite) {
		t.Fatalf("a fresh one: %v", err)
	}
	for _, site := range []AcceptedSite{accepted(3000, 1), accepted(1<<20, 2), accepted(0, 3), {Text: []byte("undated")}, {Text: noise(400 << 10)}} {
		if err := k.Keep(site); err != nil {
			t.Fatal(err)
		}
		k.holds(t, site)
	}
	last, disk := accepted(2000, 9), b.get(b.files.State)
	for _, large := range [][]byte{noise(keptRoom), make([]byte, keptMost+1)} {
		if err := k.Keep(AcceptedSite{Text: large}); err == nil || !bytes.Equal(b.get(b.files.State), disk) {
			t.Errorf("%d bytes: %v", len(large), err)
		}
	}
	if err := k.Keep(last); err != nil {
		t.Fatal(err)
	}
	disk = b.get(b.files.State)
	later := last
	later.At = later.At.Add(time.Hour)
	if err := k.Keep(later); err != nil || !bytes.Equal(b.get(b.files.State), disk) {
		t.Errorf("what is kept already is written again: %v", err)
	}
	k.holds(t, last)
	if err := k.Forget(); err != nil {
		t.Fatal(err)
	}
	if disk = b.get(b.files.State); len(bytes.Trim(disk[keptFirst:], "\x00")) > 0 || len(disk) != 1<<20 || !bytes.Equal(disk[:keptFirst], before) {
		t.Errorf("%d bytes: something is left, or lost", len(disk))
	}
	if _, err := k.Load(); !errors.Is(err, ErrNoSite) {
		t.Errorf("forgotten: %v", err)
	}
}

// A write that the power cuts at any byte leaves the former site file or the new one.
func TestATornKeptSite(t *testing.T) {
	b := newBox(t)
	k, former, next := KeptSite{b.files.State}, accepted(5000, 1), AcceptedSite{noise(2000), time.Unix(1e9, 0)}
	for _, first := range []AcceptedSite{accepted(900, 8), former} {
		if err := k.Keep(first); err != nil {
			t.Fatal(err)
		}
	}
	before := b.get(b.files.State)
	if err := k.Keep(next); err != nil {
		t.Fatal(err)
	}
	after := b.get(b.files.State)
	first, end := len(after), 0
	for i := range after {
		if after[i] != before[i] {
			first, end = min(first, i), i+1
		}
	}
	for cut := first; cut < end; cut += 1 + (cut-first)/40 {
		b.put(b.files.State, append(bytes.Clone(after[:cut]), before[cut:]...))
		k.holds(t, former)
		b.put(b.files.State, append(bytes.Clone(before[:cut]), after[cut:]...)) // the medium writes in its own order
		if cut > first {
			k.holds(t, former)
		}
	}
	b.put(b.files.State, after)
	k.holds(t, next)
}

// One bit anywhere in the newest copy: the other one is taken; in both: none is.
func TestAFlippedKeptSite(t *testing.T) {
	b := newBox(t)
	k, old, newest := KeptSite{b.files.State}, accepted(700, 1), accepted(900, 2)
	for _, site := range []AcceptedSite{old, newest} {
		if err := k.Keep(site); err != nil {
			t.Fatal(err)
		}
	}
	whole := b.get(b.files.State)
	length := int64(binary.LittleEndian.Uint64(whole[keptAt[1]+24:])) + keptHead
	for at := range length {
		bad := bytes.Clone(whole)
		bad[keptAt[1]+at] ^= 1 << (at % 8)
		b.put(b.files.State, bad)
		k.holds(t, old)
		bad[keptAt[0]+40] ^= 1
		b.put(b.files.State, bad)
		if _, err := k.Load(); !errors.Is(err, ErrNoSite) {
			t.Fatalf("bit of byte %d: %v", at, err)
		}
	}
	if err := k.Keep(newest); err != nil { // it begins anew
		t.Fatal(err)
	}
	k.holds(t, newest)
}

// Generations go round; a place that is too short, or not there, is an error and
// nothing else.
func TestKeptSiteAtItsEnds(t *testing.T) {
	b := newBox(t)
	k := KeptSite{b.files.State}
	last, err := keptCopy{accepted(100, 1), ^uint64(0)}.bytes()
	if err != nil {
		t.Fatal(err)
	}
	disk := b.get(b.files.State)
	copy(disk[keptAt[1]:], last)
	b.put(b.files.State, disk)
	for day := range 3 {
		if err := k.Keep(accepted(200, day+2)); err != nil {
			t.Fatal(err)
		}
		k.holds(t, accepted(200, 2)) // the same text: its first day stays
	}
	b.put(b.files.State, disk[:keptFirst])
	if err := k.Keep(accepted(300, 1)); err == nil {
		t.Error("kept where there is no room")
	}
	if err := os.Remove(b.files.State); err != nil {
		t.Fatal(err)
	}
	_, err = k.Load()
	if errors.Is(err, ErrNoSite) || err == nil || k.Keep(accepted(1, 1)) == nil || k.Forget() == nil {
		t.Errorf("without a partition: %v", err)
	}
}

func FuzzKeptSite(f *testing.F) {
	for _, site := range []AcceptedSite{accepted(0, 1), accepted(3000, 2), {Text: noise(50)}} {
		b, err := keptCopy{site, 7}.bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		f.Add(b[keptHead:], true) // only what is packed
	}
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		if sum { // so that what stands behind the sum is tried as well
			head := make([]byte, keptHead)
			copy(head, keptName)
			binary.LittleEndian.PutUint64(head[24:], uint64(len(b)))
			b = append(head, b...)
			copy(b[32:], copySum(b))
		}
		c, ok := parseCopy(b)
		if !ok {
			return
		}
		if len(c.Text) > keptMost || c.At.Year() > 2200 {
			t.Fatalf("%d bytes of %v", len(c.Text), c.At)
		}
		again, err := c.bytes()
		if err != nil {
			return // its text does not fit when it is packed here
		}
		if d, ok := parseCopy(again); !ok || !bytes.Equal(d.Text, c.Text) || d.generation != c.generation || !d.At.Equal(c.At) {
			t.Errorf("%+v became %+v", c, d)
		}
	})
}
