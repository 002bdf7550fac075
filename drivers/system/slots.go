package system

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"watchbox/firmware/update"
)

// SlotFiles says where the slots of this box are. Partitions are found by their
// names in the partition table; tests give files.
type SlotFiles struct {
	Now   string        // the slot that runs: "A" or "B"
	Board string        // that the image was made for
	State string        // the boot state's partition
	A, B  string        // the slots' partitions
	Gate  time.Duration // what the image says of it (Told)
}

// ErrNoSlots is a box that was not started from a slot: a desk, a container, a
// stock kernel.
var ErrNoSlots = errors.New("this is not a box with slots")

// FindSlots asks the kernel: its command line says which slot runs, its block
// devices which partition has which name. root is "/" but for tests. ErrNoSlots
// when the command line names no slot.
func FindSlots(root string) (f SlotFiles, err error) {
	line, err := os.ReadFile(filepath.Join(root, "proc/cmdline"))
	if err != nil {
		return f, fmt.Errorf("find slots: %w", err)
	}
	told := ParseCommandLine(string(line))
	if told.Slot == "" {
		return f, ErrNoSlots
	}
	f.Now, f.Board, f.Gate = told.Slot, told.Board, told.Gate
	// The boot state first: it holds the ledger, and is of use without the slots.
	for _, p := range []struct {
		name  string
		where *string
	}{{StatePartition, &f.State}, {"slot-a", &f.A}, {"slot-b", &f.B}} {
		if *p.where, err = FindPartition(filepath.Join(root, "sys"), p.name); err != nil {
			return f, err
		}
	}
	return f, nil
}

// SlotDisk are the slots of this box; it meets update.Slots. Every method blocks
// on the medium. The daemon needs to be in the group of these partitions.
type SlotDisk struct {
	files SlotFiles
	room  int64
	open  func(path string, flags int) (slotFile, error)
}

// slotFile is what a partition or a test's file offers.
type slotFile interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
	Fd() uintptr
}

// Other is the partition of the slot that does not run.
func (f SlotFiles) Other() string {
	if f.Now == "A" {
		return f.B
	}
	return f.A
}

// OpenSlots looks at the slot that does not run; the other one may be out of the
// caller's reach.
func OpenSlots(f SlotFiles) (*SlotDisk, error) {
	room, err := sizeOf(f.Other())
	if err != nil {
		return nil, fmt.Errorf("open slots: %w", err)
	}
	return &SlotDisk{files: f, room: room, open: openFile}, nil
}

func sizeOf(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Seek(0, io.SeekEnd)
}

func openFile(path string, flags int) (slotFile, error) {
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Running is the slot that the kernel was started from.
func (s *SlotDisk) Running() string { return s.files.Now }

// Room is the size of a slot in bytes.
func (s *SlotDisk) Room() int64 { return s.room }

func (s *SlotDisk) path(slot string) string {
	if slot == "A" {
		return s.files.A
	}
	return s.files.B
}

// state reads the boot state; one of which no copy is whole is what the loader
// takes it for.
func (s *SlotDisk) state(f io.ReaderAt) (State, error) {
	state, err := ReadState(f)
	if errors.Is(err, ErrNoState) {
		return FreshState(), nil
	}
	return state, err
}

// Boot reads the boot state.
func (s *SlotDisk) Boot() (update.Boot, error) {
	f, err := s.open(s.files.State, os.O_RDONLY)
	if err != nil {
		return update.Boot{}, fmt.Errorf("read boot state: %w", err)
	}
	defer f.Close()
	state, err := s.state(f)
	return update.Boot{Order: state.Order, Left: state.Left, Trying: state.Trying}, err
}

// SetBoot writes the boot state and keeps the box id in it.
func (s *SlotDisk) SetBoot(b update.Boot) error {
	f, err := s.open(s.files.State, os.O_RDWR)
	if err != nil {
		return fmt.Errorf("write boot state: %w", err)
	}
	defer f.Close()
	if err := lockState(f.Fd()); err != nil {
		return fmt.Errorf("write boot state: lock: %w", err)
	}
	state, err := s.state(f)
	if err != nil {
		return err
	}
	state.Order, state.Left, state.Trying = b.Order, b.Left, b.Trying
	return WriteState(f, state)
}

// errRunning must never happen: the slot that runs is nobody's to write.
var errRunning = errors.New("the slot that runs cannot be written")

// Fill writes the slot from its first byte on and waits until the medium has it.
func (s *SlotDisk) Fill(ctx context.Context, slot string, write func(io.Writer) error) error {
	if slot == s.files.Now {
		return errRunning
	}
	f, err := s.open(s.path(slot), os.O_RDWR)
	if err != nil {
		return fmt.Errorf("write slot %s: %w", slot, err)
	}
	defer f.Close()
	if err := write(&filling{ctx: ctx, file: f, room: s.room}); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write slot %s: %w", slot, err)
	}
	return nil
}

// flushEvery bounds what waits in memory for the medium, in bytes: the journal's
// own writes must not queue behind a whole slot.
const flushEvery = 4 << 20

// filling is the slot as a stream.
type filling struct {
	ctx            context.Context
	file           slotFile
	room, at, sync int64
}

func (w *filling) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if w.at+int64(len(b)) > w.room {
		return 0, fmt.Errorf("write slot at %d: it ends at %d", w.at, w.room)
	}
	n, err := w.file.WriteAt(b, w.at)
	w.at += int64(n)
	if err == nil && w.at-w.sync >= flushEvery {
		w.sync, err = w.at, w.file.Sync()
	}
	if err != nil {
		return n, fmt.Errorf("write slot at %d: %w", w.at, err)
	}
	return n, nil
}

// Check reads the slot back from the medium, not from the kernel's memory, and
// holds its first size bytes against the digest.
func (s *SlotDisk) Check(ctx context.Context, slot string, size int64, digest string) error {
	f, err := s.openUncached(s.path(slot))
	if err != nil {
		return fmt.Errorf("read back slot %s: %w", slot, err)
	}
	defer f.Close()
	sum, buffer := sha256.New(), aligned(1<<20)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.ReadAt(buffer[:min(int64(len(buffer)), pages(size-at))], at)
		keep := min(int64(n), size-at)
		if err != nil && (!errors.Is(err, io.EOF) || keep == 0) {
			return fmt.Errorf("read back slot %s at %d: %w", slot, at, err)
		}
		sum.Write(buffer[:keep])
		at += keep
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		return fmt.Errorf("read back slot %s: digest %.16s…, want %.16s…: the medium does not hold what was written", slot, got, digest)
	}
	return nil
}

// openUncached goes around the kernel's memory where the medium lets it
// (O_DIRECT), else makes the kernel forget what it holds of the file.
func (s *SlotDisk) openUncached(path string) (slotFile, error) {
	f, err := s.open(path, os.O_RDONLY|unix.O_DIRECT)
	if err == nil || !errors.Is(err, unix.EINVAL) {
		return f, err
	}
	if f, err = s.open(path, os.O_RDONLY); err != nil {
		return nil, err
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// page is what O_DIRECT wants offsets, lengths and memory to be a multiple of;
// partitions are.
const page = 4096

func pages(n int64) int64 { return (n + page - 1) / page * page }

// aligned is a buffer that begins on a page.
func aligned(size int) []byte {
	b := make([]byte, size+page)
	skip := page - int(uintptr(unsafe.Pointer(&b[0]))%page)
	return b[skip : skip+size]
}

var _ update.Slots = (*SlotDisk)(nil)
