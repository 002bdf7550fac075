package system

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// RunFolder is where init leaves for the daemon what it found at the start, as
// small JSON files. init writes them before the daemon's first life; they are
// gone with the power.
//
//	last-boot.json    LastBoot: why the life before this one ended
//	rolled-back       Fallen: the loader fell back to the other slot
//	data-lost         Lost: the data partition is not used, the box runs on memory
//	resolv.conf       the name servers
//	daemon/           the daemon's own folder
const RunFolder = "/run/watchbox"

// The files of RunFolder.
const (
	lastBootFile = "last-boot.json"
	fallenFile   = "rolled-back"
	lostFile     = "data-lost"
	daemonFolder = "daemon"
	heardFile    = "daemon/heard" // the journal has them: the daemon's next life does not tell them again
)

// Lost says why the data partition is not used, and by which site file the daemon is to
// guard without it: the one that was kept (KeptSite), or the board's own where Kept is nil.
type Lost struct {
	Why  string     `json:"why"`
	Kept *time.Time `json:"kept,omitempty"` // when it was accepted; the zero time is unknown
}

// Notes are what init found. A nil part was nothing.
type Notes struct {
	LastBoot *LastBoot
	Fallen   *Fallen
	Lost     *Lost
	Heard    bool // an earlier life of the daemon has told LastBoot and Fallen
}

// Leave writes the notes for the daemon, whose user is uid.
func (n Notes) Leave(folder string, uid int) error {
	err := os.MkdirAll(filepath.Join(folder, daemonFolder), 0o755)
	if err == nil {
		err = os.Chown(filepath.Join(folder, daemonFolder), uid, uid)
	}
	if n.LastBoot != nil {
		err = errors.Join(err, writeJSON(filepath.Join(folder, lastBootFile), n.LastBoot))
	}
	if n.Fallen != nil {
		err = errors.Join(err, writeJSON(filepath.Join(folder, fallenFile), n.Fallen))
	}
	if n.Lost != nil {
		err = errors.Join(err, writeJSON(filepath.Join(folder, lostFile), n.Lost))
	}
	return err
}

// ReadNotes reads what init left; off the image there is nothing.
func ReadNotes(folder string) (n Notes) {
	n.LastBoot = readNote[LastBoot](filepath.Join(folder, lastBootFile))
	n.Fallen = readNote[Fallen](filepath.Join(folder, fallenFile))
	n.Lost = readNote[Lost](filepath.Join(folder, lostFile))
	_, err := os.Stat(filepath.Join(folder, heardFile))
	n.Heard = err == nil
	return n
}

// MarkHeard notes that the journal has them.
func MarkHeard(folder string) {
	if _, err := os.Stat(filepath.Join(folder, daemonFolder)); err == nil {
		os.WriteFile(filepath.Join(folder, heardFile), nil, 0o600)
	}
}

func readNote[T any](path string) *T {
	b, err := readAtMost(path, 64<<10)
	if err != nil {
		return nil
	}
	var v T
	if json.Unmarshal(b, &v) != nil {
		return nil
	}
	return &v
}
