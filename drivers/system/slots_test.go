package system

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/update"
)

const testRoom = 256 << 10

// box is a disk in files: slot A runs, B holds an old firmware.
type box struct {
	t     *testing.T
	files SlotFiles
	slots *SlotDisk
	key   ed25519.PrivateKey
	dir   string
}

func newBox(t *testing.T) *box {
	dir := t.TempDir()
	b := &box{t: t, dir: dir, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), files: SlotFiles{Now: "A",
		State: filepath.Join(dir, "state"), A: filepath.Join(dir, "a"), B: filepath.Join(dir, "b")}}
	b.put(b.files.State, make([]byte, 1<<20))
	b.put(b.files.A, bytes.Repeat([]byte{0xaa}, testRoom))
	b.put(b.files.B, bytes.Repeat([]byte{0xbb}, testRoom))
	fresh := FreshState()
	fresh.Box = "b7f3a2"
	f, err := os.OpenFile(b.files.State, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(WriteState(f, fresh), f.Close())
	}
	if err == nil {
		b.slots, err = OpenSlots(b.files)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *box) put(path string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) get(path string) []byte {
	b.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

func (b *box) keeper() *update.Keeper {
	trust := update.Trust{Keys: []ed25519.PublicKey{b.key.Public().(ed25519.PublicKey)}, Board: "qemu"}
	k := update.NewKeeper(b.slots, trust, filepath.Join(b.dir, "record"), "1.0.0", time.Now)
	if _, _, err := k.Start(); err != nil {
		b.t.Fatal(err)
	}
	return k
}

func (b *box) bundle(slot []byte) []byte {
	b.t.Helper()
	var out bytes.Buffer
	m := update.Manifest{Board: "qemu", Version: update.Version{Major: 1, Minor: 1}}
	if err := update.Pack(&out, m, b.key, bytes.NewReader(slot)); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes()
}

func image() []byte {
	data := make([]byte, 200_001)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// stateOf is the boot state as the loader reads it.
func (b *box) stateOf() State {
	b.t.Helper()
	s, err := ReadState(bytes.NewReader(b.get(b.files.State)))
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestABundleIsWrittenReadBackAndTried(t *testing.T) {
	b := newBox(t)
	k, slot := b.keeper(), image()
	r, err := k.Stage(context.Background(), bytes.NewReader(b.bundle(slot)), false, "li")
	if err != nil || r.Slot != "B" || !bytes.HasPrefix(b.get(b.files.B), slot) {
		t.Fatalf("stage: %+v %v", r, err)
	}
	if s := b.stateOf(); s.Left["B"] != 0 || s.Order[0] != "A" || s.Left["A"] != Tries || s.Box != "b7f3a2" {
		t.Errorf("staged: %+v", s)
	}
	if _, err := k.Switch(context.Background(), update.Senses{}, nil, false, "", "li"); err != nil {
		t.Fatal(err)
	}
	if s := b.stateOf(); s.Left["B"] != Tries || s.Order[0] != "B" || s.Trying != "B" || s.Left["A"] != Tries || s.Box != "b7f3a2" {
		t.Errorf("switched: %+v", s)
	}
	b.slots.files.Now = "B"
	k = b.keeper()
	if err := k.Keep(update.Verdict{Decision: update.Keep}); err != nil {
		t.Fatal(err)
	}
	if s := b.stateOf(); s.Trying != "" || s.Order[0] != "B" || s.Left["A"] != Tries || s.Box != "b7f3a2" {
		t.Errorf("confirmed: %+v", s)
	}
	if err := b.slots.Fill(context.Background(), "B", func(io.Writer) error { return nil }); !errors.Is(err, errRunning) {
		t.Errorf("the slot that runs was opened for writing: %v", err)
	}
}

// power is a supply that ends after so many bytes have been written: what came
// before is on the medium, the rest is not, and nobody is told.
type power struct{ left int }

var errDark = errors.New("the power went")

type dark struct {
	slotFile
	p *power
}

func (d dark) WriteAt(data []byte, at int64) (int, error) {
	n := min(len(data), d.p.left)
	d.p.left -= n
	if _, err := d.slotFile.WriteAt(data[:n], at); err != nil {
		return 0, err
	}
	if n < len(data) {
		return n, errDark
	}
	return n, nil
}

func (d dark) Sync() error {
	if d.p.left <= 0 {
		return errDark
	}
	return d.slotFile.Sync()
}

// The update is cut after k bytes, at a hundred random points and at each of the
// points where one kind of write ends and another begins. Whatever was written
// then, the loader finds the old firmware, untouched, and reaches the new one
// only when it is whole.
func TestAnUpdateCutAnywhereLeavesTheOldSlotBootable(t *testing.T) {
	slot := image()
	whole := 2*StateSize + len(slot) + 2*StateSize
	points := []int{0, 1, StateSize - 1, StateSize, StateSize + 1, 2*StateSize - 1, 2 * StateSize, 2*StateSize + 1,
		2*StateSize + len(slot) - 1, 2*StateSize + len(slot), 2*StateSize + len(slot) + 1, whole - StateSize, whole - 1, whole}
	r := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		points = append(points, r.IntN(whole))
	}
	b := newBox(t)
	data := b.bundle(slot)
	for _, cut := range points {
		b := newBox(t)
		k := b.keeper()
		supply := &power{left: cut}
		b.slots.open = func(path string, flags int) (slotFile, error) {
			f, err := openFile(path, flags)
			return dark{f, supply}, err
		}
		_, err := k.Stage(context.Background(), bytes.NewReader(data), false, "li")
		if err == nil {
			_, err = k.Switch(context.Background(), update.Senses{}, nil, false, "", "li")
		}
		if (err == nil) != (cut > whole) && cut != whole {
			t.Errorf("cut after %d of %d bytes: %v", cut, whole, err)
		}
		s := b.stateOf()
		if !bytes.Equal(b.get(b.files.A), bytes.Repeat([]byte{0xaa}, testRoom)) || s.Left["A"] != Tries {
			t.Fatalf("cut after %d bytes: the old slot is not whole or not bootable: %+v", cut, s)
		}
		now := b.get(b.files.B)
		complete := bytes.HasPrefix(now, slot)
		untouched := bytes.Equal(now, bytes.Repeat([]byte{0xbb}, testRoom))
		if s.Left["B"] > 0 && !complete && !untouched {
			t.Fatalf("cut after %d bytes: half a slot is bootable: %+v", cut, s)
		}
		if s.Trying != "" && !complete {
			t.Fatalf("cut after %d bytes: half a slot is tried: %+v", cut, s)
		}
	}
}

func TestAMediumThatFailsOrLies(t *testing.T) {
	bad := errors.New("input/output error")
	for name, c := range map[string]struct {
		spoil func(b *box)
		want  string
	}{
		"write error": {func(b *box) { b.wrap(func(f slotFile) slotFile { return failing{f, bad, nil} }) }, bad.Error()},
		"sync error":  {func(b *box) { b.wrap(func(f slotFile) slotFile { return failing{f, nil, bad} }) }, bad.Error()},
		"lies":        {func(b *box) { b.wrap(func(f slotFile) slotFile { return lying{f} }) }, "does not hold what was written"},
		"short":       {func(b *box) { b.slots.room = 200_000 }, "it ends at"},
		"gone": {func(b *box) {
			if err := os.Remove(b.files.B); err != nil {
				b.t.Fatal(err)
			}
		}, "no such file"},
	} {
		b := newBox(t)
		k := b.keeper()
		c.spoil(b)
		_, err := k.Stage(context.Background(), bytes.NewReader(b.bundle(image())), false, "li")
		var r *update.Refusal
		if !errors.As(err, &r) || r.Code != update.Unwritten || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if s := b.stateOf(); s.Left["A"] != Tries || s.Left["B"] != 0 || s.Order[0] != "A" {
			t.Errorf("%s: boot state %+v", name, s)
		}
	}
}

// wrap puts something between the slot's file and its user; the boot state stays good.
func (b *box) wrap(f func(slotFile) slotFile) {
	b.slots.open = func(path string, flags int) (slotFile, error) {
		file, err := openFile(path, flags)
		if err != nil || path == b.files.State {
			return file, err
		}
		return f(file), nil
	}
}

type failing struct {
	slotFile
	write, sync error
}

func (f failing) WriteAt(b []byte, at int64) (int, error) {
	if f.write != nil && at > 100_000 {
		return 0, f.write
	}
	return f.slotFile.WriteAt(b, at)
}
func (f failing) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.slotFile.Sync()
}

// lying takes everything and keeps one bit wrong.
type lying struct{ slotFile }

func (f lying) WriteAt(b []byte, at int64) (int, error) {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 4
	return f.slotFile.WriteAt(b, at)
}

func TestADestroyedBootStateIsWhatTheLoaderTakesItFor(t *testing.T) {
	b := newBox(t)
	data := b.get(b.files.State)
	copy(data, "garbage")
	b.put(b.files.State, data)
	if boot, err := b.slots.Boot(); err != nil || boot.Left["A"] != Tries || len(boot.Order) != 2 {
		t.Errorf("one copy: %+v %v", boot, err)
	}
	copy(data[SecondState:], "garbage")
	b.put(b.files.State, data)
	boot, err := b.slots.Boot()
	if err != nil || boot.Left["A"] != Tries || boot.Order[0] != "A" {
		t.Errorf("no copy: %+v %v", boot, err)
	}
	if err := b.slots.SetBoot(boot.Erase("A")); err != nil || b.stateOf().Left["B"] != 0 {
		t.Errorf("made anew: %v %+v", err, b.stateOf())
	}
}

func TestSlotsAreFoundByTheirNames(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	part := func(device, label string) {
		write("sys/class/block/"+device+"/uevent", "MAJOR=254\nDEVNAME="+device+"\nDEVTYPE=partition\nPARTN=1\nPARTNAME="+label+"\n")
	}
	write("proc/cmdline", "console=ttyAMA0 quiet\n")
	write("sys/class/block/vda/uevent", "MAJOR=254\nDEVNAME=vda\nDEVTYPE=disk\n")
	if _, err := FindSlots(root); !errors.Is(err, ErrNoSlots) {
		t.Errorf("a desk: %v", err)
	}
	write("proc/cmdline", "quiet watchbox.board=qemu watchbox.slot=b dm-mod.create=\"slot,,0,ro\"\n")
	for i, label := range []string{"bootstate", "slot-a", "slot-b", "data"} {
		part("vda"+string(rune('1'+i)), label)
	}
	f, err := FindSlots(root)
	if err != nil || f.Now != "B" || f.Board != "qemu" || f.A != "/dev/vda2" || f.B != "/dev/vda3" || f.State != "/dev/vda1" {
		t.Errorf("%+v %v", f, err)
	}
	part("sda2", "slot-a")
	if _, err := FindSlots(root); err == nil || !strings.Contains(err.Error(), "sda2") {
		t.Errorf("two of one name: %v", err)
	}
	write("proc/cmdline", "watchbox.slot=c")
	if _, err := FindSlots(root); !errors.Is(err, ErrNoSlots) {
		t.Errorf("slot c: %v", err)
	}
}

func FuzzParseState(f *testing.F) {
	f.Add(FreshState().Bytes())
	f.Add([]byte("BOOT_ORDER=A B\x00BOOT_A_LEFT=3\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseState(data)
		if err != nil {
			return
		}
		again, err := ParseState(s.Bytes())
		if err != nil || again.Trying != s.Trying || len(again.Order) != len(s.Order) || again.Left["A"] != s.Left["A"] {
			t.Errorf("%+v came back as %+v: %v", s, again, err)
		}
	})
}
