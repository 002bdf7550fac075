// Package system is what update and init ask of Linux and the loader: the boot
// state, the slots, the data partition, the clock, the watchdog.
package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// The boot state is two copies of 1 KiB in a partition of their own, in the
// format of U-Boot's `env export -c`: a little-endian CRC-32 (IEEE) of the rest,
// then NAME=value and a zero each, filled with zeros. Writers write the second
// copy first, readers take the first good one: a cut at any moment leaves one
// that is whole.
const (
	StateSize   = 0x400
	SecondState = 8 * 512 // where the second copy begins
)

// State is what loader and firmware tell each other over a reset. The loader
// imports these five and nothing else. Names as RAUC has them.
type State struct {
	Order  []string       // BOOT_ORDER: "A", "B"; the first with tries left is started
	Left   map[string]int // BOOT_A_LEFT, BOOT_B_LEFT: tries left, 0–3; the loader takes one at each start
	Trying string         // BOOT_TRYING: the slot that has not proven itself; "" when none
	Box    string         // BOX_ID: set once, when the data partition was made
}

// Slots are the names of the slots.
var Slots = []string{"A", "B"}

// Tries are what a slot gets; a confirmed slot gets them back at each start.
const Tries = 3

// ErrNoState is a boot state of which no copy is whole.
var ErrNoState = errors.New("boot state: no copy is whole")

// FreshState is what the loader assumes when it finds none.
func FreshState() State {
	return State{Order: slices.Clone(Slots), Left: map[string]int{"A": Tries, "B": Tries}}
}

// ReadState reads the first copy that is whole. ErrNoState when none is.
func ReadState(r io.ReaderAt) (State, error) {
	for _, at := range []int64{0, SecondState} {
		b := make([]byte, StateSize)
		if _, err := r.ReadAt(b, at); err != nil {
			return State{}, fmt.Errorf("read boot state: %w", err)
		}
		if s, err := ParseState(b); err == nil {
			return s, nil
		}
	}
	return State{}, ErrNoState
}

// ParseState reads one copy. Names that are not ours are passed over.
func ParseState(b []byte) (State, error) {
	if len(b) != StateSize || binary.LittleEndian.Uint32(b) != crc32.ChecksumIEEE(b[4:]) {
		return State{}, ErrNoState
	}
	s := State{Left: map[string]int{}}
	for _, entry := range bytes.Split(b[4:], []byte{0}) {
		if len(entry) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(entry), "=")
		s.take(name, value)
	}
	return s, nil
}

func (s *State) take(name, value string) {
	switch name {
	case "BOOT_ORDER":
		for _, slot := range strings.Fields(value) {
			if slices.Contains(Slots, slot) && !slices.Contains(s.Order, slot) {
				s.Order = append(s.Order, slot)
			}
		}
	case "BOOT_A_LEFT", "BOOT_B_LEFT":
		if len(value) == 1 && value[0] >= '0' && value[0] <= '0'+Tries {
			s.Left[name[5:6]] = int(value[0] - '0')
		}
	case "BOOT_TRYING":
		if slices.Contains(Slots, value) {
			s.Trying = value
		}
	case "BOX_ID":
		s.Box = value
	}
}

// Bytes is one copy.
func (s State) Bytes() []byte {
	entries := []string{"BOOT_ORDER=" + strings.Join(s.Order, " ")}
	for _, slot := range Slots {
		entries = append(entries, fmt.Sprintf("BOOT_%s_LEFT=%d", slot, s.Left[slot]))
	}
	if s.Trying != "" {
		entries = append(entries, "BOOT_TRYING="+s.Trying)
	}
	if s.Box != "" {
		entries = append(entries, "BOX_ID="+s.Box)
	}
	b := make([]byte, StateSize)
	copy(b[4:], strings.Join(entries, "\x00")+"\x00\x00")
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	return b
}

// StateFile is where a boot state is kept: the partition, or a file in tests.
type StateFile interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// WriteState writes the second copy, then the first, each down to the medium.
// May block for as long as the medium does.
func WriteState(f StateFile, s State) error {
	b := s.Bytes()
	for _, at := range []int64{SecondState, 0} {
		if _, err := f.WriteAt(b, at); err != nil {
			return fmt.Errorf("write boot state: %w", err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("write boot state: %w", err)
		}
	}
	return nil
}
