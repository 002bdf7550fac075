package store

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"watchbox/firmware/point"
)

// Options is what a store may be told. The zero value is fit for use.
type Options struct {
	// Now stamps the few records that the store itself writes at Open; nil:
	// the host's clock with unknown quality.
	Now func() point.Instant
	// Box is the box id when something more lasting than the disk knows it (the
	// boot state); empty: the store keeps its own.
	Box string
	// Machine names the hardware (a serial number). A journal that was begun on
	// another machine is a restored backup: it goes on with a new box id and a
	// new epoch. Empty: not checked.
	Machine string
	// OutboxLimit is the greatest number of rows that one path may have waiting
	// before its oldest telemetry goes; 0 means 100 000.
	OutboxLimit int
	// HistoryDays is how long samples are kept, each as it came: nothing thins
	// them before they go. Less than 30 means 30, so that rules can be tested
	// on a month of what really was; 0 means 90.
	HistoryDays int
	// JournalDays is how long records are kept that every path has taken; less
	// than 183 (six months) means 183, 0 means 400.
	JournalDays int
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = func() point.Instant { return point.Instant{Wall: time.Now()} }
	}
	if o.OutboxLimit <= 0 {
		o.OutboxLimit = 100_000
	}
	if o.HistoryDays <= 0 {
		o.HistoryDays = 90
	}
	if o.JournalDays <= 0 {
		o.JournalDays = 400
	}
	o.HistoryDays = max(o.HistoryDays, 30)
	o.JournalDays = max(o.JournalDays, 183)
	return o
}

// OpenReport is how the store was found.
type OpenReport struct {
	MovedAside string // where the unreadable guard.db lies now; empty: it was readable or there was none
	Why        string // what was wrong with it
	NewEpoch   bool   // a new journal began
	Unclean    bool   // the last run did not close the store: power cut, kill
	Last       uint64 // the last sequence of the epoch before this run's own records
	Degraded   error  // opened, but not writable at the moment: full disk
	History    string // what was wrong with history.db, which then began anew; empty: nothing
}

// Reserve is how many numbers are skipped after an unclean stop: so many
// records at most may have been told upstream without being in the journal. The
// Writer keeps to it.
const Reserve = 1 << 16

// RandomName makes a box id (bytes = 8) or an epoch (bytes = 5): lower-case
// letters and digits. An application without a store uses it for its epoch.
func RandomName(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails, by its documentation
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
