// Package command is a write to a device or an output, from the person who
// selects it to the reading that shows that it was obeyed. It is pure: told what
// happened and what time it is, it answers with writes, records and conditions.
//
// A person writes in two steps: select says what would change, execute within 30
// s, by the same person, does it. The box itself (teamwork) issues in one.
// A command is done when a reading that was taken after the write shows the
// ordered value; a reading of before says nothing. What was refused or could not
// be read back is failed, what reads otherwise contradicts; both are a trouble
// of the point until it reads as ordered or another command is done. A
// point that nothing reads back is done when its driver took the value, and the
// record says so.
//
// Across a restart: a selection is forgotten; a command on its way is never
// issued again, and its read-back begins anew; a trouble stays.
package command

import (
	"errors"
	"time"

	"watchbox/firmware/point"
)

// Selection is the first step: what would change. It is shown to the person who
// asked, and is good until Until.
type Selection struct {
	ID      string        `json:"id"`
	Point   point.Name    `json:"point"`
	Label   point.Words   `json:"label"`
	From    point.Words   `json:"from" doc:"the value now, as shown; empty when nothing is known"`
	Known   bool          `json:"known" doc:"the value now is a good one"`
	To      point.Words   `json:"to" doc:"the value ordered, as shown"`
	Value   point.Value   `json:"value"`
	Reason  string        `json:"reason"`
	Confirm point.Words   `json:"confirm,omitzero" doc:"what the second step does, in the words of the product's map"`
	Until   time.Time     `json:"until"`
	until   point.Instant // the same, of the box
	actor   string
	old     point.Value
	subject *point.Point
}

// State is how far a command has come.
type State string

// The states. A command starts in issued and ends in one of the last three.
const (
	Issued      State = "issued"      // on its way to the device
	Reading     State = "reading"     // the device took it; waits for the reading that shows it
	Done        State = "done"        // read back as ordered, or taken where nothing is read back
	Failed      State = "failed"      // refused, unreachable, or not read since
	Contradicts State = "contradicts" // it reads otherwise
)

// CommandView is one command as a person sees it. Nobody writes to it.
type CommandView struct {
	ID     string        `json:"id"`
	Point  point.Name    `json:"point"`
	Label  point.Words   `json:"label"`
	Room   string        `json:"room,omitempty"`
	State  State         `json:"state" allowed:"issued|reading|done|failed|contradicts"`
	From   point.Words   `json:"from"`
	To     point.Words   `json:"to"`
	Actor  string        `json:"actor"`
	Reason string        `json:"reason,omitempty"`
	Result point.Words   `json:"result,omitzero"`
	At     point.Instant `json:"at"`
}

// Write is a value on its way out.
type Write struct {
	Point point.Name
	Value point.Value
}

// Refusal is a command that was not taken, and why, as a person reads it.
type Refusal struct {
	Point point.Name
	Why   point.Words
}

func (r *Refusal) Error() string { return "write " + string(r.Point) + ": " + r.Why.En }

func refuse(p point.Name, zh, en string) error {
	return &Refusal{Point: p, Why: point.Words{Zh: zh, En: en}}
}

// ErrUnknown is a selection that does not exist any more, or never did.
var ErrUnknown = errors.New("no such selection")

// Detail is what the record of a command says beside its text.
type Detail struct {
	ID       string      `json:"id"`
	Old      point.Value `json:"old"`
	New      point.Value `json:"new"`
	Reason   string      `json:"reason,omitempty"`
	Read     point.Value `json:"read"`               // what was read back
	Unproven bool        `json:"unproven,omitempty"` // nothing reads it back
	Error    string      `json:"error,omitempty"`
}

// Key is the alarm about a point that did not do what it was told.
func Key(p point.Name) string { return "command/" + string(p) }

const (
	selectFor   = 30 * time.Second // a selection is good so long
	issueLimit  = 15 * time.Second // a write is answered by then, or lost
	readLeast   = 5 * time.Second  // a reading after the write may take so long, or two periods
	readMost    = time.Minute
	recentLimit = 20 // commands that a view lists
)

// readFor is how long a command may wait for its reading.
func readFor(p *point.Point) time.Duration {
	return min(max(readLeast, 2*time.Duration(p.Period)*time.Millisecond+time.Second), readMost)
}

// readBack is the point that shows whether p obeyed; empty when nothing does.
func readBack(p *point.Point) point.Name {
	switch {
	case p.Feedback != "":
		return p.Feedback
	case p.Period > 0:
		return p.Name
	}
	return ""
}
