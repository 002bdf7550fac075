package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
)

// card is a disk whose power can go: after so many sectors nothing more is written.
type card struct {
	b    []byte
	left int
	torn bool // the sector at which the power goes is half written
}

var errCut = errors.New("the power is gone")

func (c *card) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(c.b).ReadAt(b, at) }
func (c *card) Sync() error                            { return nil }

func (c *card) WriteAt(b []byte, at int64) (int, error) {
	for i := 0; i < len(b); i += sectorSize {
		if c.left == 0 {
			if c.torn {
				copy(c.b[at+int64(i):], b[i:i+sectorSize/2])
			}
			return i, errCut
		}
		c.left--
		copy(c.b[at+int64(i):], b[i:i+sectorSize])
	}
	return len(b), nil
}

const (
	cardSize  = 64 << 20
	imageSize = 16 << 20
	endless   = 1 << 20
)

// newCard has the table of an image of 16 MiB: two partitions, data is the second.
func newCard(t *testing.T) *card {
	t.Helper()
	n := table{make([]byte, sectorSize), make([]byte, entryCount*entrySize)}
	copy(n.header, "EFI PART\x00\x00\x01\x00\x5c")
	n.set(tableFirst, wholeMiB)
	n.set(tableLast, imageSize/sectorSize-34)
	n.set(tableCount, entryCount|entrySize<<32)
	for i, p := range [][2]uint64{{wholeMiB, 2*wholeMiB - 1}, {2 * wholeMiB, imageSize/sectorSize - wholeMiB - 1}} {
		e := n.entries[i*entrySize:]
		copy(e, "of some kind 123")
		binary.LittleEndian.PutUint64(e[entryStart:], p[0])
		binary.LittleEndian.PutUint64(e[entryEnd:], p[1])
	}
	n.set(tableEntries, 34) // so that it is written to 2
	c := &card{b: make([]byte, cardSize), left: endless}
	if err := n.write(c, imageSize/sectorSize); err != nil {
		t.Fatal(err)
	}
	return c
}

// secondCopy is at the disk's end; what a loader or kernel takes when the first is bad.
func (c *card) secondCopy() (t table, ok bool) {
	t.header = c.b[len(c.b)-sectorSize:]
	if string(t.header[:8]) != "EFI PART" || t.sum() != binary.LittleEndian.Uint32(t.header[tableSum:]) {
		return t, false
	}
	t.entries = c.b[t.at(tableEntries)*sectorSize:][:entryCount*entrySize]
	return t, crc32.ChecksumIEEE(t.entries) == binary.LittleEndian.Uint32(t.header[tableArraySum:]) && t.at(tableMine) == uint64(len(c.b)/sectorSize-1)
}

func TestGrowTable(t *testing.T) {
	c := newCard(t)
	before, err := readTable(c)
	if err != nil {
		t.Fatal(err)
	}
	start, length, err := growTable(c, cardSize, 2)
	if err != nil || start != 2<<20 || length != cardSize-3<<20 {
		t.Fatalf("grown from %d by %d, %v", start, length, err)
	}
	after, err := readTable(c)
	if err != nil {
		t.Fatal(err)
	}
	if s, l := after.bounds(2); s != start || l != length {
		t.Errorf("the table says %d and %d", s, l)
	}
	if !bytes.Equal(before.entry(1), after.entry(1)) || !bytes.Equal(before.entry(2)[:entryEnd], after.entry(2)[:entryEnd]) {
		t.Error("it changed more than an end")
	}
	second, ok := c.secondCopy()
	if !ok || !bytes.Equal(second.entries, after.entries) || after.at(tableOther) != second.at(tableMine) || second.at(tableOther) != 1 {
		t.Errorf("the second copy: whole %v", ok)
	}
	if _, length, err := growTable(c, cardSize, 2); length != 0 || err != nil {
		t.Errorf("a second time: %d, %v", length, err)
	}
}

// A cut at any sector, whole or torn, leaves a table that names all partitions.
func TestGrowTableAndThePowerGoes(t *testing.T) {
	old, _ := readTable(newCard(t))
	for n := 0; ; n++ {
		whole := false
		for _, torn := range []bool{false, true} {
			c := newCard(t)
			c.left, c.torn = n, torn
			_, _, err := growTable(c, cardSize, 2)
			if whole = err == nil; !whole && !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			now, err := readTable(c)
			if err != nil {
				var ok bool
				if now, ok = c.secondCopy(); !ok {
					t.Fatalf("cut after %d sectors, torn %v: no copy is whole: %v", n, torn, err)
				}
			}
			if !bytes.Equal(now.entry(1), old.entry(1)) || now.entry(2) == nil {
				t.Fatalf("cut after %d sectors, torn %v: partitions are missing", n, torn)
			}
			c.left = endless
			if _, _, err := growTable(c, cardSize, 2); err == nil {
				if _, length := must(t, c).bounds(2); length != cardSize-3<<20 {
					t.Errorf("cut after %d sectors, then again: %d", n, length)
				}
			}
		}
		if whole {
			if n < 2*arraySectors+2 {
				t.Errorf("%d sectors were written", n)
			}
			return
		}
	}
}

func must(t *testing.T, c *card) table {
	t.Helper()
	n, err := readTable(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What is not surely ours is left as it is.
func TestTableThatIsNotGrown(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(c *card)
		size  int64
		which int
		err   bool
	}{
		"as big as its card":        {func(*card) {}, imageSize, 2, false},
		"a card that shrank":        {func(*card) {}, 1 << 20, 2, false},
		"not the last":              {func(*card) {}, cardSize, 1, true},
		"no such partition":         {func(*card) {}, cardSize, 3, true},
		"number 0":                  {func(*card) {}, cardSize, 0, true},
		"a flipped bit, header":     {func(c *card) { c.b[sectorSize+50] ^= 1 }, cardSize, 2, true},
		"a flipped bit, array":      {func(c *card) { c.b[2*sectorSize+1] ^= 1 }, cardSize, 2, true},
		"no table":                  {func(c *card) { clear(c.b) }, cardSize, 2, true},
		"a header of no size":       {func(c *card) { c.b[sectorSize+12] = 0 }, cardSize, 2, true},
		"a header beyond its place": {func(c *card) { c.b[sectorSize+13] = 9 }, cardSize, 2, true},
	} {
		disk := newCard(t)
		c.spoil(disk)
		before := bytes.Clone(disk.b)
		_, length, err := growTable(disk, c.size, c.which)
		if (err != nil) != c.err || length != 0 || !bytes.Equal(before, disk.b) {
			t.Errorf("%s: %d, %v; want an error: %v", name, length, err, c.err)
		}
	}
	if _, err := readTable(&card{b: make([]byte, 700)}); err == nil {
		t.Error("a disk of 700 bytes has a table")
	}
	far := must(t, newCard(t))
	n, ok, err := far.grown(2, 1<<40, dataMost)
	if _, length := n.bounds(2); !ok || err != nil || length != dataMost {
		t.Errorf("on a huge card: %d, %v, %v", length, ok, err)
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("EFI PART"), uint64(2), uint64(2048), 2)
	f.Fuzz(func(t *testing.T, header []byte, array, first uint64, which int) {
		c := &card{b: make([]byte, 1<<20), left: endless}
		n := table{c.b[sectorSize:][:sectorSize], c.b[2*sectorSize:][:entryCount*entrySize]}
		copy(n.header, header)
		n.set(tableMine, 1)
		n.set(tableEntries, array)
		n.set(tableFirst, first)
		n.set(tableCount, entryCount|entrySize<<32)
		binary.LittleEndian.PutUint32(n.header[12:], 92) // or else no fuzzer gets past it
		binary.LittleEndian.PutUint32(n.header[tableArraySum:], crc32.ChecksumIEEE(n.entries))
		copy(n.entries[(which&127)*entrySize:], header)
		binary.LittleEndian.PutUint32(n.header[tableSum:], n.sum())
		growTable(c, int64(len(c.b)), which)
	})
}
