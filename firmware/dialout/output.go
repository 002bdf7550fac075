package dialout

import (
	"time"

	"watchbox/firmware/event"
)

// Entry is one row of the message ledger, to be inserted or replaced by ID. It
// has the fields of store.Message and converts to it.
type Entry struct {
	ID        string
	Channel   string
	Contact   string
	To        string
	Text      string
	Alarm     event.ID
	State     string // queued, sent, delivered, failed
	Why       string
	Attempts  int
	Reference string
	Queued    time.Time
	Sent      time.Time
	Delivered time.Time
	Code      string
	Silent    bool // about a silent alarm, or in answer to one
}

// Output is what the Desk wants done: messages to hand to their channels now,
// what the journal and the retained state get, and rows of the ledger.
type Output struct {
	Messages []Message
	Batch    event.Batch // records without ID; retained keys begin with "dialout:"
	Ledger   []Entry
}

// Empty is true when there is nothing to do.
func (o Output) Empty() bool {
	return len(o.Messages) == 0 && o.Batch.Empty() && len(o.Ledger) == 0
}
