package system

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// The times of the factory reset.
const (
	holdTime    = 10 * time.Second // the button must be held so long from the start on
	releaseTime = 30 * time.Second // and then let go so soon: a button that is stuck erases nothing
	flash       = 250 * time.Millisecond
)

// Verdict is what a held button has come to.
type Verdict int

// The verdicts.
const (
	Undecided Verdict = iota
	Ignored           // it was not held, not long enough, or never let go
	Ordered           // it is a factory reset
)

// Button decides about the button for the factory reset. Since is the time from
// the first look, held what it shows. lamp is what its lamp shows: it flashes
// while the button is to be held, and is steady when it is to be let go. Pure.
func Button(since time.Duration, held bool) (v Verdict, lamp bool) {
	switch {
	case held && since < holdTime:
		return Undecided, since/flash%2 == 0
	case held && since < holdTime+releaseTime:
		return Undecided, true
	case held || since < holdTime:
		return Ignored, false
	}
	return Ordered, false
}

// erasing stands on data while it is erased: a power cut in between does not
// leave half of it.
const erasing = "erasing"

// BeginErase notes that data is to be erased.
func BeginErase(data *os.Root) error { return writeWhole(data, erasing, nil, 0o600) }

// Erase removes everything from data but what is kept, if that was begun. done is
// true when it was. The id of the box stays: it is the same box. What is kept outside of
// data is to be forgotten before that is begun.
func Erase(data *os.Root, keep ...string) (done bool, err error) {
	if _, err := data.Lstat(erasing); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	kept := map[string]bool{erasing: true, boxFile: true, "lost+found": true}
	for _, name := range keep {
		kept[name] = true
	}
	folder, err := data.Open(".")
	if err != nil {
		return false, err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	for _, e := range entries {
		if !kept[e.Name()] {
			err = errors.Join(err, data.RemoveAll(e.Name()))
		}
	}
	if err != nil {
		return false, err
	}
	if err := folder.Sync(); err != nil {
		return false, err
	}
	return true, data.Remove(erasing)
}
