// Package event holds the journal's record types: what happened, in an order
// that never changes. A record is written once and never altered.
package event

import (
	"encoding/json"

	"watchbox/firmware/point"
)

// Record is one line of the journal.
type Record struct {
	ID       ID              `json:"id"`
	At       point.Instant   `json:"at"`
	Type     Type            `json:"type"`
	Subject  string          `json:"subject,omitempty"`  // key of the alarm, zone, door, point or contact
	Origin   ID              `json:"origin,omitzero"`    // the raise event that this record is about
	Priority int             `json:"priority,omitempty"` // 1–4 for alarms
	Class    string          `json:"class,omitempty"`    // alarm, supervisory, trouble
	Room     string          `json:"room,omitempty"`
	Actor    string          `json:"actor,omitempty"`  // who: user, contact, "box"
	Text     point.Words     `json:"text,omitzero"`    // what a person reads
	Detail   json.RawMessage `json:"detail,omitempty"` // further fields of this type, small
	Drill    bool            `json:"drill,omitempty"`
	// Simulated is true for what a simulated value brought about; its text says so too.
	Simulated bool `json:"simulated,omitempty"`
	// Silent is true for what tells of a silent alarm: told upstream like the
	// rest, but on no screen that somebody at the panel may look at.
	Silent bool `json:"silent,omitempty"`
	// Journaled is false only for what was told upstream while the journal had failed.
	Journaled bool `json:"journaled"`
}

// Retained is one entry of the retained state, written in the same transaction
// as the records that changed it. A nil Value deletes the key.
type Retained struct {
	Key   string // "alarm:water/leak", "partition:main"
	Value []byte
}

// Decision is one change of mind of the alarm engine about one alarm: why it
// rings, or why it does not. It is kept beside the journal (the why-log), not in
// it, and is never told upstream.
type Decision struct {
	At      point.Instant `json:"at"`
	Key     string        `json:"key"`               // of the alarm
	Origin  ID            `json:"origin,omitzero"`   // the occurrence that it led to or belongs to
	Verdict string        `json:"verdict"`           // a word of package alarm: "waiting", "raised", "suppressed" …
	Version string        `json:"version,omitempty"` // of the rule: a digest of its definition
	Inputs  []Input       `json:"inputs,omitempty"`
	Text    point.Words   `json:"text"`              // one sentence for a person
	Until   point.Instant `json:"until,omitzero"`    // end of the timer that runs
	Cause   string        `json:"cause,omitempty"`   // key of the alarm that suppresses it
	Skipped int           `json:"skipped,omitempty"` // decisions like this one that were not kept before it
}

// Input is one reading that a decision rests on.
type Input struct {
	Point   point.Name    `json:"point"`
	Value   string        `json:"value"` // as shown, with unit
	Quality point.Quality `json:"quality"`
	At      point.Instant `json:"at"`
}

// Batch is what one step of the engine leaves behind: it is committed whole or
// not at all.
type Batch struct {
	Records   []Record
	Retained  []Retained
	Decisions []Decision

	Makeshift bool // the records are of no journal and come again under the names of one
}

// Empty is true when there is nothing to write.
func (b Batch) Empty() bool {
	return len(b.Records) == 0 && len(b.Retained) == 0 && len(b.Decisions) == 0
}

// Recorder takes batches to the journal. Record never blocks: a full queue is
// the journal's failure, not the caller's.
type Recorder interface {
	Record(Batch)
}
