package system

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"time"

	"watchbox/firmware/point"
)

// Ledger is what the box last did about a journal or a bus that stood still, and
// how its last life ended: one sector in the partition of the boot state, behind its two copies. That is
// outside the data partition, and the loader, which writes the copies anew at each
// start, never touches it. Its methods block on the medium. Writers: the daemon
// while it makes progress, init before it does.
//
// The sector is a little-endian CRC-32 (IEEE) of the rest, then JSON, filled with
// zeros. One that was never written is all zeros. A write that the power cuts leaves
// one that is damaged: an error, and the box is careful.
type Ledger struct {
	Path string // of the partition; a file in tests
}

const (
	ledgerAt   = 64 * 512 // where it stands: the copies are in the first 16 sectors
	ledgerSize = 512
)

// ledger is the content. A moment is of one life of the machine; without Boot it is never.
type ledger struct {
	Restart moment `json:"restart,omitzero"` // of the daemon
	Reset   moment `json:"reset,omitzero"`   // of the machine
	Fresh   bool   `json:"fresh,omitempty"`  // the machine is on its way down for that
	// The life that ends had a daemon that never made progress.
	Unproven bool `json:"unproven,omitempty"`
	// The last life that took the kept site file (KeptSite) has not made progress yet.
	Kept bool `json:"kept,omitempty"`
}

type moment struct {
	Boot    string `json:"boot"` // the kernel's name for that life
	Seconds uint32 `json:"s"`    // since it began
}

// Remedies gives when each was last used; the zero Instant is never. Only Boot and
// Mono of an Instant are kept.
func (l Ledger) Remedies() (restart, reset point.Instant, err error) {
	kept, err := l.read()
	return kept.Restart.instant(), kept.Reset.instant(), err
}

// NoteRestart is called before the daemon ends itself.
func (l Ledger) NoteRestart(at point.Instant) error {
	return l.change(func(k *ledger) { k.Restart = momentOf(at) })
}

// NoteReset is called before the machine is started again.
func (l Ledger) NoteReset(at point.Instant) error {
	return l.change(func(k *ledger) { k.Reset, k.Fresh = momentOf(at), true })
}

// TakeBack makes a note undone whose remedy was not used: restart and reset are when each
// was last used before.
func (l Ledger) TakeBack(restart, reset point.Instant) error {
	return l.change(func(k *ledger) { k.Restart, k.Reset, k.Fresh = momentOf(restart), momentOf(reset), false })
}

// NoteUnproven is called before a life ends in which the daemon never made progress.
func (l Ledger) NoteUnproven() error {
	return l.change(func(k *ledger) { k.Unproven = true })
}

// NoteKept is called before the daemon is given the kept site file.
func (l Ledger) NoteKept() error {
	return l.change(func(k *ledger) { k.Kept = true })
}

// NoteProven is called when a daemon made progress, by whatever site file.
func (l Ledger) NoteProven() error {
	return l.change(func(k *ledger) { k.Kept = false })
}

// Past is what a life left in the ledger for the start after it.
type Past struct {
	Reset    bool // it ended with a NoteReset
	Unproven bool // it ended with a NoteUnproven
	Kept     bool // it, or one before it, took the kept site file, and none has made progress since
}

// Take tells a start what the last life noted; the next start does not hear it again,
// but for Kept, which stays until NoteProven.
func (l Ledger) Take() (p Past, err error) {
	kept, err := l.read()
	if p = (Past{kept.Fresh, kept.Unproven, kept.Kept}); err != nil || !p.Reset && !p.Unproven {
		return p, err
	}
	return p, l.change(func(k *ledger) { k.Fresh, k.Unproven = false, false })
}

func (l Ledger) read() (kept ledger, err error) {
	f, err := os.Open(l.Path)
	if err != nil {
		return kept, fmt.Errorf("read ledger: %w", err)
	}
	defer f.Close()
	b := make([]byte, ledgerSize)
	if _, err := f.ReadAt(b, ledgerAt); err != nil {
		return kept, fmt.Errorf("read ledger: %w", err)
	}
	return parseLedger(b)
}

// errDamaged is a sector that could be read and says nothing.
var errDamaged = errors.New("it is damaged")

// parseLedger reads the sector. Pure.
func parseLedger(b []byte) (kept ledger, err error) {
	if len(bytes.Trim(b, "\x00")) == 0 {
		return kept, nil
	}
	if len(b) != ledgerSize || binary.LittleEndian.Uint32(b) != crc32.ChecksumIEEE(b[4:]) {
		return kept, fmt.Errorf("read ledger: %w: its check sum differs", errDamaged)
	}
	if err := json.Unmarshal(bytes.TrimRight(b[4:], "\x00"), &kept); err != nil {
		return ledger{}, fmt.Errorf("read ledger: %w: %w", errDamaged, err)
	}
	return kept, nil
}

// change writes the ledger with one thing in it changed. A damaged one begins anew;
// one that cannot be read now may hold the rest, and is left as it is.
func (l Ledger) change(one func(*ledger)) error {
	lock, err := os.Open(l.Path)
	if err == nil {
		defer lock.Close()
		err = lockState(lock.Fd())
	}
	if err != nil {
		return fmt.Errorf("write ledger: lock: %w", err)
	}
	kept, err := l.read()
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	one(&kept)
	if err := l.write(kept.sector()); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

func (k ledger) sector() []byte {
	b := make([]byte, ledgerSize)
	text, _ := json.Marshal(k) // cannot fail: plain values; two moments are a third of the sector
	copy(b[4:], text)
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	return b
}

// write returns when the medium has it.
func (l Ledger) write(b []byte) error {
	f, err := os.OpenFile(l.Path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = f.WriteAt(b, ledgerAt); err == nil {
		err = f.Sync()
	}
	return err
}

func momentOf(at point.Instant) moment { return moment{at.Boot, uint32(at.Mono / time.Second)} }

func (m moment) instant() point.Instant {
	return point.Instant{Boot: m.Boot, Mono: time.Duration(m.Seconds) * time.Second}
}
