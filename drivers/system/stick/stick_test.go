package stick

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/iotest"

	"watchbox/firmware/driver"
	"watchbox/firmware/update"
)

func content(size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// read finds the bundle of an image and reads it.
func read(b []byte) (name string, got []byte, err error) {
	name, in, err := find(bytes.NewReader(b), []extent{{0, int64(len(b))}}, "qemu")
	if err != nil {
		return "", nil, err
	}
	got, err = io.ReadAll(in)
	return name, got, err
}

// TestNewestBundleIsRead finds the newest among what else people have on sticks.
func TestNewestBundleIsRead(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m, want := newImage(wide), content(100_001)
		for _, other := range []string{"假期照片.jpg", "watchbox-rpi4-9.9.9.bundle", "watchbox-qemu-0.9.0.bundle", "watchbox-qemu-0.10.0 (1).bundle",
			"._watchbox-qemu-0.11.0.bundle", "watchbox-qemu-.bundle", "watchbox-qemu-99.9.bundle"} {
			m.add(other, []byte("other"))
		}
		m.enter("watchbox-qemu-8.0.0.bundle", 3, 0, isDirectory)
		m.enter("watchbox-qemu-7.0.0.bundle", 3, 0, isVolume)
		m.add("watchbox-qemu-0.10.0.bundle", want)
		m.add("watchbox-qemu-0.2.0.bundle", []byte("older"))
		name, got, err := read(m.b)
		if err != nil || name != "watchbox-qemu-0.10.0.bundle" || !bytes.Equal(got, want) {
			t.Errorf("FAT32 %v: %q, %d bytes, %v", wide, name, len(got), err)
		}
	}
}

func TestSticksWithoutABundleSayWhatToDo(t *testing.T) {
	empty, floppy, exfat, ntfs := newImage(true), newImage(false), newImage(true), newImage(true)
	empty.add("watchbox-rpi4-1.0.0.bundle", []byte("x"))
	floppy.b[13] = 8 // clusters of eight sectors: too few of them
	copy(exfat.b[3:], "EXFAT   ")
	copy(ntfs.b[3:], "NTFS    ")
	for name, c := range map[string]struct {
		b    []byte
		want *update.Refusal
	}{"no bundle": {empty.b, update.NoBundle("qemu")}, "FAT12": {floppy.b, update.NotFAT("FAT12")}, "exFAT": {exfat.b, update.NotFAT("exFAT")},
		"NTFS": {ntfs.b, update.NotFAT("NTFS")}, "noise": {content(1 << 16), update.NotFAT("")}, "nothing": {nil, update.NotFAT("")}} {
		var got *update.Refusal
		if _, _, err := read(c.b); !errors.As(err, &got) || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestSpoiledSticksEnd spoils what a stick's tables say; each ends in an error or in
// at most the bytes that the entry names, at once.
func TestSpoiledSticksEnd(t *testing.T) {
	const name = "watchbox-qemu-1.0.0.bundle"
	spoil := func(wide bool, how func(*image)) []byte {
		m := newImage(wide)
		m.add(name, content(3000))
		how(m)
		return m.b
	}
	for what, c := range map[string]struct {
		b    []byte
		want error
	}{
		"a chain that ends early": {spoil(true, func(m *image) { m.link(5, 0x0fffffff) }), io.ErrUnexpectedEOF},
		"a chain out of the disk": {spoil(true, func(m *image) { m.link(5, 0x0fff0000) }), driver.ErrGarbage},
		"a chain to nowhere":      {spoil(false, func(m *image) { m.link(5, 1) }), driver.ErrGarbage},
		"a file that begins at 0": {spoil(false, func(m *image) { m.enter("watchbox-qemu-2.0.0.bundle", 0, 100, 0) }), driver.ErrGarbage},
		"a root directory beyond": {spoil(true, func(m *image) { binary.LittleEndian.PutUint32(m.b[44:], 0x0ffffff0) }), driver.ErrGarbage},
	} {
		if _, _, err := read(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	circle := spoil(true, func(m *image) {
		m.link(5, 5)
		m.entries--
		binary.LittleEndian.PutUint32(m.rootEntry()[28:], 1<<20)
	})
	if _, got, err := read(circle); err != nil || len(got) != 1<<20 {
		t.Errorf("a chain in a circle: %d bytes, %v: want what the entry names", len(got), err)
	}
}

// TestEndlessRootDirectory is a directory that goes in a circle.
func TestEndlessRootDirectory(t *testing.T) {
	m := newImage(true)
	for m.entries < 16 { // one cluster of deleted entries
		m.rootEntry()[0] = 0xe5
	}
	m.link(2, 2)
	if _, _, err := read(m.b); err == nil || !bytes.Contains([]byte(err.Error()), []byte("more than 65536 entries")) {
		t.Errorf("a directory in a circle: %v", err)
	}
}

// TestPulledOut is a disk that is gone in the middle, with an error or, as the
// kernel has it, with an end.
func TestPulledOut(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m := newImage(wide)
		m.add("watchbox-qemu-1.0.0.bundle", content(9000))
		all := []extent{{0, int64(len(m.b))}}
		broken := errors.New("input/output error")
		for gone, want := range map[error]error{broken: broken, io.EOF: driver.ErrDisconnect} {
			_, in, err := find(&half{bytes.NewReader(m.b), int64(m.place(15)), gone}, all, "qemu")
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, in); !errors.Is(err, want) || n == 0 {
				t.Errorf("%d bytes, %v, want %v", n, err, want)
			}
			for _, until := range []int{0, sector, m.place(2)} { // boot sector, table, root directory
				_, in, err := find(&half{bytes.NewReader(m.b), int64(until), gone}, all, "qemu")
				if err == nil {
					_, err = io.Copy(io.Discard, in)
				}
				if !errors.Is(err, want) {
					t.Errorf("gone at %d: %v, want %v", until, err, want)
				}
			}
		}
	}
}

// half is a disk that ends with an error at a place.
type half struct {
	io.ReaderAt
	until int64
	err   error
}

func (h *half) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > h.until {
		return 0, h.err
	}
	return h.ReaderAt.ReadAt(b, at)
}

// TestABadSectorInTheTable: the disk gives what stands before it, and then no more.
func TestABadSectorInTheTable(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m := newImage(wide)
		m.add("watchbox-qemu-1.0.0.bundle", content(200*sector)) // its chain goes past one sector of the table
		bad := errors.New("input/output error")
		disk := &torn{m.b, reserved*sector + sector, bad}
		_, in, err := find(disk, []extent{{0, int64(len(m.b))}}, "qemu")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, in); !errors.Is(err, bad) || n == 0 {
			t.Errorf("FAT32 %v: %d bytes, %v, want %v", wide, n, err, bad)
		}
	}
}

// torn is a disk with one bad sector: a read ends before it, as pread(2) does.
type torn struct {
	b   []byte
	bad int64
	err error
}

func (d *torn) ReadAt(b []byte, at int64) (int, error) {
	end := at + int64(len(b))
	if at >= d.bad+sector || end <= d.bad {
		return bytes.NewReader(d.b).ReadAt(b, at)
	}
	return copy(b, d.b[at:max(at, d.bad)]), d.err
}

// machine is a tree of the kernel's files with one stick of two partitions, of
// which the second one holds the bundle, and a disk that is no stick.
func machine(t *testing.T) (s Sticks, put func(file, text string)) {
	s = Sticks{Sys: t.TempDir(), Dev: t.TempDir()}
	put = func(file, text string) {
		t.Helper()
		os.MkdirAll(filepath.Dir(filepath.Join(s.Sys, file)), 0o755)
		if err := os.WriteFile(filepath.Join(s.Sys, file), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	empty, m := newImage(false), newImage(true)
	m.add("watchbox-qemu-1.0.0.bundle", []byte("the bundle"))
	disk := append(append(make([]byte, 1<<20), empty.b...), m.b...)
	for name, place := range map[string]string{"sda": "devices/pci0000:00/usb1/1-1/host0/block/sda", "sdb": "devices/pci0000:00/ata1/block/sdb"} {
		put(place+"/diskseq", "7")
		put(place+"/size", fmt.Sprint(len(disk)/sector))
		os.MkdirAll(filepath.Join(s.Sys, "block"), 0o755)
		if err := os.Symlink("../"+place, filepath.Join(s.Sys, "block", name)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Dev, name), disk, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range []extent{{1 << 20, int64(len(empty.b))}, {1<<20 + int64(len(empty.b)), int64(len(m.b))}} {
		part := fmt.Sprintf("block/sda/sda%d/", i+1)
		put(part+"partition", fmt.Sprint(i+1))
		put(part+"start", fmt.Sprint(e.start/sector))
		put(part+"size", fmt.Sprint(e.size/sector))
	}
	return s, put
}

func TestSticksOfAMachine(t *testing.T) {
	s, put := machine(t)
	if got := s.Plugged(); !reflect.DeepEqual(got, []string{"sda#7"}) {
		t.Fatalf("plugged: %q, want the stick alone", got)
	}
	name, in, err := s.Bundle("sda#7", "qemu")
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(in, []byte("the bundle")); err != nil || name != "watchbox-qemu-1.0.0.bundle" {
		t.Errorf("%s: %v", name, err)
	}
	in.Close()
	put("devices/pci0000:00/usb1/1-1/idVendor", "0951")
	put("devices/pci0000:00/usb1/1-1/serial", "C860")
	body := s.Body("sda#7")
	put("block/sda/diskseq", "8") // another stick under the same name
	if _, _, err := s.Bundle("sda#7", "qemu"); !errors.Is(err, driver.ErrDisconnect) {
		t.Errorf("a stick that was changed: %v", err)
	}
	if again := s.Body("sda#8"); again != body || body == "" || s.Body("sdb#7") != "" || s.Body("sdz#1") != "" {
		t.Errorf("found again it is %q, was %q; no stick: %q", again, body, s.Body("sdb#7"))
	}
	put("devices/pci0000:00/usb1/1-1/serial", "D971")
	if other := s.Body("sda#8"); other == body {
		t.Error("two sticks are taken for one")
	}
	for _, name := range []string{"", "../sda#8", "sdc#1", "#"} {
		if _, _, err := s.Bundle(name, "qemu"); err == nil {
			t.Errorf("stick %q was opened", name)
		}
	}
}

// FuzzStick spoils a stick's tables and has one sector of it go bad; number 65535 is none of its.
func FuzzStick(f *testing.F) {
	for _, wide := range []bool{false, true} {
		m := newImage(wide)
		m.add("watchbox-qemu-1.0.0.bundle", content(2000))
		f.Add(m.b[:sector], m.b[reserved*sector:][:64], m.b[m.place(2)-rootEntries*entrySize*map[bool]int{false: 1}[wide]:][:256], wide, uint16(65535))
	}
	f.Fuzz(func(t *testing.T, boot, table, root []byte, wide bool, bad uint16) {
		m := newImage(wide)
		copy(m.b[:sector], boot)
		copy(m.b[reserved*sector:], table)
		at := m.place(2)
		if !wide {
			at -= rootEntries * entrySize
		}
		copy(m.b[at:], root)
		disk := &torn{m.b, int64(bad) * sector, errors.New("input/output error")}
		_, in, err := find(disk, []extent{{0, int64(len(m.b))}}, "qemu")
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, 1<<20))
		if whole := n == 1<<20; err == nil && !whole && in.(*chain).left != 0 {
			t.Fatalf("%d bytes, %d are missing, and no error", n, in.(*chain).left)
		}
	})
}
