package update

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// Phase is where an update stands.
type Phase string

// The life of an update.
const (
	Idle       Phase = "idle"
	Staged     Phase = "staged"      // written and read back, not started
	Trying     Phase = "trying"      // started, has still to prove itself
	Confirmed  Phase = "confirmed"   // it has shown that it senses, rings and sends
	RolledBack Phase = "rolled-back" // it did not; the former slot runs again
	Stranded   Phase = "stranded"    // it did not, and the former slot does not start: stays, unproven, and says so
)

// Record is what the box remembers of the last update over restarts, on the data
// partition. The loader goes by Boot alone; the record says what it was about.
type Record struct {
	Phase    Phase         `json:"phase"`
	Slot     string        `json:"slot,omitempty"` // it was written there
	Manifest Manifest      `json:"manifest,omitzero"`
	Previous string        `json:"previous,omitempty"` // the version that ran before
	By       string        `json:"by,omitempty"`       // who staged or switched it
	Insisted bool          `json:"insisted,omitempty"` // although the box had refused
	Reason   string        `json:"reason,omitempty"`   // why the person insisted
	At       time.Time     `json:"at,omitzero"`        // of the last step
	Before   *Senses       `json:"before,omitempty"`   // what the box could do before the switch
	Lacks    []point.Words `json:"lacks,omitempty"`    // what it did not prove
	Unproven []point.Words `json:"unproven,omitempty"` // what cannot be proven on this box
	Told     bool          `json:"told,omitempty"`     // the outcome stands in the journal
}

// Settle brings record and boot state together at a start of the slot running,
// whatever had been cut short. Asked again it gives the same answer.
//
//	record      | boot                    | runs      | then
//	trying      | trying its slot         | its slot  | the trial goes on
//	trying      | trying none or another  | its slot  | the boot state was lost: the trial begins anew
//	trying      | any                     | the other | rolled back: it did not start, or never proved itself
//	confirmed   | trying its slot         | its slot  | cut before the last write: confirmed
//	confirmed   | any                     | the other | rolled back: it starts no more
//	rolled back | the other has tries     | its slot  | cut before the last write: goes back
//	rolled back | the other has none left | its slot  | stranded: the loader came back from there
//	any other   | trying the one that runs            | a trial without a record goes on, with the least that it must prove
//	any other   | trying the other one                | rolled back
func Settle(r Record, b Boot, running string) (Record, Boot) {
	here := r.Slot == running
	switch {
	case r.Phase == Trying && here && b.Trying != running:
		return r, b.Try(Other(running))
	case r.Phase == Trying && here:
		return r, b
	case r.Phase == Trying, r.Phase == Confirmed && !here:
		r.Phase, r.Told = RolledBack, false
		return r, b.Returned(running)
	case r.Phase == Confirmed && b.Trying == running:
		return r, b.Confirm(running)
	case r.Phase == RolledBack && here && b.Trying != running && b.Left[Other(running)] == 0:
		r.Phase, r.Told = Stranded, false
		return r, b.Erase(running)
	case r.Phase == RolledBack && here:
		return r, b.Leave(running)
	case r.Phase == RolledBack && b.Trying == Other(running):
		return r, b.Returned(running)
	case b.Trying == running:
		return Record{Phase: Trying, Slot: running}, b
	case b.Trying != "":
		return Record{Phase: RolledBack, Slot: b.Trying}, b.Returned(running)
	}
	return r, b
}

const recordName = "update.json"

// recordLimit bounds the record, in bytes: the names of some thousand devices.
const recordLimit = 1 << 20

// load reads the record. One that is damaged is none: the boot state still
// says whether there is a trial.
func load(directory string) (Record, error) {
	data, err := os.ReadFile(filepath.Join(directory, recordName))
	if errors.Is(err, os.ErrNotExist) {
		return Record{Phase: Idle}, nil
	}
	if err != nil {
		return Record{Phase: Idle}, fmt.Errorf("read update record: %w", err)
	}
	return parseRecord(data)
}

func parseRecord(data []byte) (Record, error) {
	r := Record{}
	sum, body, _ := bytes.Cut(data, []byte("\n"))
	if len(data) > recordLimit || string(sum) != digest(body) {
		return Record{Phase: Idle}, errors.New("read update record: it is damaged: its check sum differs")
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{Phase: Idle}, fmt.Errorf("read update record: %w", err)
	}
	return r, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// save keeps the record: whole, or not at all when the power fails.
func (r Record) save(directory string) error {
	body, err := json.Marshal(r)
	if err == nil {
		err = config.SaveWhole(directory, recordName, append([]byte(digest(body)+"\n"), body...))
	}
	if err != nil {
		return fmt.Errorf("keep update record: %w", err)
	}
	return nil
}
