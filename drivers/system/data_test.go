package system

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
)

func TestCareForData(t *testing.T) {
	for _, c := range []struct {
		blank bool
		box   string
		want  Care
	}{
		{true, "", Format},
		{true, "0011", Spare}, // it was wiped, or the card is another one
		{false, "", Repair},   // somebody's data, and the boot state was lost
		{false, "0011", Repair},
		{false, "new-0011", Format}, // the power went while it was formatted
		{true, "new-0011", Format},
	} {
		if got := CareFor(c.blank, c.box); got != c.want {
			t.Errorf("blank %v, box %q: %v, want %v", c.blank, c.box, got, c.want)
		}
	}
}

// A disk that hangs costs the box its data, not its guard; when it answers late the
// memory that stands in for it is not covered.
func TestADataPartitionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{}
		d := b.data(t, "x")
		d.Where = filepath.Join(t.TempDir(), "nowhere") // what comes late is unmounted there, which does nothing
		d.Mount = func(string, string) error { time.Sleep(time.Hour); return nil }
		began := time.Now()
		_, err := d.Open("0011", func(string) error { return nil })
		if took := time.Since(began); !errors.Is(err, ErrHung) || took > diskLimit {
			t.Errorf("after %v: %v", took, err)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestRepaired(t *testing.T) {
	for exit, want := range map[int]bool{0: true, 1: true, 2: true, 3: true, 4: false, 8: false, 12: false, 32: false, -1: false} {
		if Repaired(exit) != want {
			t.Errorf("e2fsck ended with %d: usable %v, want %v", exit, !want, want)
		}
	}
}

// bench is a data partition in a file, with tools that note what they are asked.
type bench struct {
	did   []string
	exits map[string]int
	hangs bool
}

func (b *bench) data(t *testing.T, content string) Data {
	node := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(node, append([]byte(content), make([]byte, 2*firstPart)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return Data{Node: node, Where: "/data",
		Run: func(_ time.Duration, name string, _ ...string) (int, error) {
			b.did = append(b.did, filepath.Base(name))
			if b.hangs {
				return -1, ErrHung
			}
			return b.exits[filepath.Base(name)], nil
		},
		Mount: func(string, string) error { b.did = append(b.did, "mount"); return nil },
		Grow:  func(string) { b.did = append(b.did, "grow") }}
}

func (b *bench) keep(box string) error {
	if strings.HasPrefix(box, unfinished) {
		b.did = append(b.did, "begin")
	} else {
		b.did = append(b.did, "id")
	}
	return nil
}

func TestOpenData(t *testing.T) {
	for _, c := range []struct {
		name, content, box string
		exit               int
		hangs              bool
		did                []string
		lost               bool
	}{
		{"first boot", "", "", 0, false, []string{"begin", "grow", "mke2fs", "id", "mount"}, false},
		{"mke2fs fails", "", "", 1, false, []string{"begin", "grow", "mke2fs"}, true},
		{"an ordinary start", "ext4", "0011", 0, false, []string{"e2fsck", "mount"}, false},
		{"repaired", "ext4", "0011", 1, false, []string{"e2fsck", "mount"}, false},
		{"cannot be repaired", "ext4", "0011", 4, false, []string{"e2fsck"}, true},
		{"the check hangs", "ext4", "0011", 0, true, []string{"e2fsck"}, true},
		{"wiped", "", "0011", 0, false, nil, true},
		{"format was cut off", "half", "new-0011", 0, false, []string{"begin", "grow", "mke2fs", "id", "mount"}, false},
	} {
		b := &bench{exits: map[string]int{"e2fsck": c.exit, "mke2fs": c.exit}, hangs: c.hangs}
		box, err := b.data(t, c.content).Open(c.box, b.keep)
		if (err != nil) != c.lost || !slices.Equal(b.did, c.did) {
			t.Errorf("%s: did %v, %v; want %v, lost %v", c.name, b.did, err, c.did, c.lost)
		}
		if strings.HasPrefix(box, unfinished) || c.box == "0011" && box != "0011" || !c.lost && len(box) < 4 {
			t.Errorf("%s: the box is %q", c.name, box)
		}
	}
}

// A held button formats what is blank, as a first boot does, and nothing else.
func TestOpenDataAtAFactoryReset(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		exit    int
		did     []string
	}{
		"wiped":              {"", 0, []string{"begin", "grow", "mke2fs", "id", "mount"}},
		"in order":           {"ext4", 0, []string{"e2fsck", "mount"}},
		"cannot be repaired": {"ext4", 4, []string{"e2fsck"}},
	} {
		b := &bench{exits: map[string]int{"e2fsck": c.exit}}
		d := b.data(t, c.content)
		d.Reset = true
		box, err := d.Open("0011", b.keep)
		if !slices.Equal(b.did, c.did) || (err != nil) != (c.exit != 0) || (box == "0011") != (c.content != "") {
			t.Errorf("%s: box %q did %v, %v; want %v", name, box, b.did, err, c.did)
		}
	}
}

func TestToolThatHangs(t *testing.T) {
	began := time.Now()
	if _, err := runTool(100*time.Millisecond, "/bin/sleep", "30"); !errors.Is(err, ErrHung) {
		t.Errorf("a tool that hangs: %v", err)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("it was waited for %v", d)
	}
	if exit, err := runTool(time.Minute, "/bin/sh", "-c", "exit 4"); exit != 4 || err != nil {
		t.Errorf("a tool that ends with 4: %d, %v", exit, err)
	}
	if _, err := runTool(time.Minute, "/no/such/tool"); err == nil {
		t.Error("a tool that is not there gave no error")
	}
}

// TestRealTools formats, damages and repairs a file with the e2fsprogs of this machine.
func TestRealTools(t *testing.T) {
	for _, tool := range []string{"/sbin/mke2fs", "/sbin/e2fsck"} {
		if _, err := os.Stat(tool); err != nil {
			t.Fatalf("%v: apt-get install e2fsprogs", err)
		}
	}
	b := &bench{}
	d := b.data(t, "")
	if err := os.Truncate(d.Node, 16<<20); err != nil {
		t.Fatal(err)
	}
	d.Run = runTool
	box, err := d.Open("", b.keep)
	if err != nil || len(box) != 16 {
		t.Fatalf("first boot: %q, %v", box, err)
	}
	if _, err := d.Open(box, b.keep); err != nil {
		t.Errorf("second boot: %v", err)
	}
	damage(t, d.Node, 0, make([]byte, 64<<10)) // the first superblock is gone: -p does not repair that by itself
	if _, err := d.Open(box, b.keep); err == nil {
		t.Error("a file system without a superblock was mounted")
	}
	if want := []string{"begin", "grow", "id", "mount", "mount"}; !slices.Equal(b.did, want) {
		t.Errorf("did %v, want %v", b.did, want)
	}
}

func damage(t *testing.T, file string, at int64, with []byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
}

func TestFindPartition(t *testing.T) {
	sys := t.TempDir()
	for name, uevent := range map[string]string{
		"vda":  "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n",
		"vda1": "DEVNAME=vda1\nDEVTYPE=partition\nPARTN=1\nPARTNAME=bootstate\n",
		"vda4": "DEVNAME=vda4\nDEVTYPE=partition\nPARTN=4\nPARTNAME=data\n",
	} {
		folder := filepath.Join(sys, "class/block", name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "uevent"), []byte(uevent), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if node, err := FindPartition(sys, DataPartition); node != "/dev/vda4" || err != nil {
		t.Errorf("data is %q, %v", node, err)
	}
	if _, err := FindPartition(sys, "slot-c"); !errors.Is(err, driver.ErrNotPresent) {
		t.Errorf("a partition that is not there: %v", err)
	}
	second := filepath.Join(sys, "devices/pci0000:00/usb1/1-1/block/sda1")
	os.MkdirAll(second, 0o755)
	os.WriteFile(filepath.Join(second, "uevent"), []byte("DEVNAME=sda1\nPARTNAME=data\n"), 0o600)
	if err := os.Symlink(second, filepath.Join(sys, "class/block/sda1")); err != nil {
		t.Fatal(err)
	}
	if node, err := FindPartition(sys, DataPartition); node != "/dev/vda4" || err != nil {
		t.Errorf("with a stick that has a partition of the same name: %q, %v", node, err)
	}
	third := filepath.Join(sys, "class/block/vdb1")
	os.MkdirAll(third, 0o755)
	os.WriteFile(filepath.Join(third, "uevent"), []byte("DEVNAME=vdb1\nPARTNAME=data\n"), 0o600)
	if node, err := FindPartition(sys, DataPartition); err == nil {
		t.Errorf("with a second disk that has a partition of the same name: %q", node)
	}
}

func TestHostName(t *testing.T) {
	for box, want := range map[string]string{"": "watchbox", "ab": "watchbox", "AB12cd": "watchbox-ab12", "new-ab12cd": "watchbox-ab12"} {
		if got := HostName(box); got != want {
			t.Errorf("%q: %q, want %q", box, got, want)
		}
	}
	if a, b := NewBoxID(), NewBoxID(); a == b || len(a) != 16 {
		t.Errorf("two new boxes: %s and %s", a, b)
	}
}
