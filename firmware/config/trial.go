package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Mark says that a site file is on trial, or was and nobody confirmed it. It
// stands beside the accepted copy.
type Mark struct {
	Digest string    `json:"digest"` // of the file
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Boot   string    `json:"boot"` // the machine's start in which the trial runs
	Over   bool      `json:"over"` // it was taken back
}

const markName = "site-trial.json"

// Save keeps the mark, whole. Blocks on the disk.
func (m Mark) Save(directory string) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = SaveWhole(directory, markName, b)
	}
	if err != nil {
		return fmt.Errorf("mark the site file as on trial: %w", err)
	}
	return nil
}

// LoadMark reads the mark; ok is false when there is none that can be read.
func LoadMark(directory string) (m Mark, ok bool) {
	b, err := readBounded(filepath.Join(directory, markName))
	return m, err == nil && json.Unmarshal(b, &m) == nil
}

// RemoveMark forgets the trial.
func RemoveMark(directory string) error {
	if err := os.Remove(filepath.Join(directory, markName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget the trial of the site file: %w", err)
	}
	return nil
}

// Unconfirmed tells whether this site file was put on trial, nobody has
// confirmed it, and its trial is over: it was taken back, or ran in another
// start of the machine than boot. An empty boot counts every trial as over.
// Then the accepted copy is in force, whatever the file says.
func Unconfirmed(directory string, site []byte, boot string) bool {
	m, marked := LoadMark(directory)
	if !marked || m.Digest != Digest(site) || !m.Over && boot != "" && m.Boot == boot {
		return false
	}
	old, err := LoadAccepted(directory)
	return err != nil || Digest(old) != m.Digest
}
