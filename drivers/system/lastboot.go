package system

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The causes of a start.
const (
	CausePower    = "power"    // the power came back, or came for the first time
	CauseOrder    = "order"    // somebody asked for it; Why says what for
	CausePanic    = "panic"    // the kernel died; its last words are kept
	CauseWatchdog = "watchdog" // nobody fed the hardware watchdog
	CauseRemedy   = "remedy"   // the box reset itself, for journal or a bus stood still
)

// LastBoot is how the life of the box before this one ended.
type LastBoot struct {
	Cause string   `json:"cause"`
	Why   string   `json:"why,omitempty"`   // of an order
	Crash []string `json:"crash,omitempty"` // names of the records under /data/crash
	Slot  string   `json:"slot,omitempty"`  // that runs now
	// Erased is true when the button for the factory reset was held at this start.
	Erased bool `json:"erased,omitempty"`
	// Unerased is true when it was, and data could not be erased, or not all of it.
	Unerased bool `json:"unerased,omitempty"`
}

// The flag of WDIOC_GETBOOTSTATUS for a reset by the card (linux/watchdog.h, WDIOF_CARDRESET).
const cardReset = 0x0020

// CauseOf decides from what is left of the last life. A kernel that died is
// reset by the watchdog or by itself, so its words weigh more than the flag; an
// order that was noted and then ended by the watchdog hung on its way down. So may
// a remedy, which stands in the ledger: data may be what stood still. A life that
// init gave up ended by the watchdog, also where the device does not remember it. Pure.
func CauseOf(status int, crash []string, order string, past Past) LastBoot {
	b := LastBoot{Cause: CausePower, Crash: crash, Why: order}
	switch {
	case slices.ContainsFunc(crash, func(name string) bool { return strings.HasPrefix(name, "dmesg") }):
		b.Cause = CausePanic
	case past.Reset:
		b.Cause, b.Why = CauseRemedy, ""
	case past.Unproven, status&cardReset != 0:
		b.Cause = CauseWatchdog
	case order != "":
		b.Cause = CauseOrder
	}
	return b
}

// Crashed tells whether the last life may have ended by itself: the watchdog ended
// it, init gave it up, or the machine's memory outlived it (pstore), which it does not
// when the power goes. An orderly restart is among these: nothing but data tells it
// from a crash, and data may be what crashes the machine.
func Crashed(status int, pstore string, past Past) bool {
	records, _ := os.ReadDir(pstore)
	return past.Unproven || status&cardReset != 0 || len(records) > 0
}

// Bounds of what is kept of dead kernels.
const (
	crashFiles = 10
	crashSize  = 256 << 10 // bytes of one record
)

// KeepCrash moves the kernel's records from pstore to a folder of data, the
// newest ten in all, and tells the names of the new ones. start tells one start
// from another: the box's id of this boot. A record that cannot be kept stays
// where it is.
func KeepCrash(pstore string, data *os.Root, folder, start string) (kept []string, err error) {
	entries, err := os.ReadDir(pstore)
	if err != nil || len(entries) == 0 {
		return nil, nil // no pstore, or nothing died
	}
	if err := data.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("keep crash records: %w", err)
	}
	for _, e := range entries {
		text, readError := readAtMost(filepath.Join(pstore, e.Name()), crashSize)
		name := e.Name() + "." + start
		if err = cmp.Or(err, readError); readError != nil {
			continue
		}
		if writeError := writeWhole(data, filepath.Join(folder, name), text, 0o644); writeError != nil {
			err = cmp.Or(err, writeError)
			continue
		}
		kept = append(kept, name)
		os.Remove(filepath.Join(pstore, e.Name()))
	}
	forgetOld(data, folder, crashFiles)
	return kept, err
}

// forgetOld keeps the newest files of a folder.
func forgetOld(data *os.Root, folder string, most int) {
	d, err := data.Open(folder)
	if err != nil {
		return
	}
	defer d.Close()
	entries, _ := d.ReadDir(-1)
	age := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			age[e.Name()] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(age[b.Name()], age[a.Name()]) })
	for i := most; i < len(entries); i++ {
		data.Remove(filepath.Join(folder, entries[i].Name()))
	}
}

func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// The note of an orderly end, on the data partition: written last, read and
// removed first.
const orderNote = "ordered-end"

// NoteOrder writes down that this life ends because somebody asked for it.
func NoteOrder(data *os.Root, why string) error {
	return writeWhole(data, orderNote, []byte(why), 0o644)
}

// TakeOrder reads the note of the last life and removes it; "" is none.
func TakeOrder(data *os.Root) string {
	why, err := data.ReadFile(orderNote)
	if err != nil {
		return ""
	}
	data.Remove(orderNote)
	return strings.TrimSpace(string(why[:min(len(why), 200)]))
}

// writeWhole leaves the whole file or none of it behind, on the medium.
func writeWhole(data *os.Root, name string, content []byte, mode os.FileMode) error {
	part := name + ".part"
	data.Remove(part)
	f, err := data.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = cmp.Or(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := data.Rename(part, name); err != nil {
		return err
	}
	folder, err := data.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close()) // the new name too
}

// writeJSON is for the notes in memory.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(b, '\n'), 0o644)
	}
	return err
}
