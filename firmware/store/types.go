// Package store is the only package that knows SQL: journal, retained state,
// outbox, message ledger, users and a history of samples, in two SQLite files.
package store

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// EventQuery selects journal records. The zero value is the newest 100.
type EventQuery struct {
	Epoch  string       // empty: the current one and those before
	After  uint64       // only sequences greater (oldest first when set)
	Before uint64       // only sequences less (newest first); 0 = no bound
	Limit  int          // 1–1000; 0 means 100
	Types  []event.Type // none means all
	Room   string
	Origin event.ID // only records about this occurrence (and itself)
}

// Reading is one sample of the history.
type Reading struct {
	At      time.Time     `json:"at"`
	Value   point.Value   `json:"value"`
	Quality point.Quality `json:"quality"`
}

// Message is one row of the ledger of what was sent to whom.
type Message struct {
	ID        string    `json:"id"`
	Channel   string    `json:"channel"`
	Contact   string    `json:"contact"`
	To        string    `json:"to"`
	Text      string    `json:"text"`
	Alarm     event.ID  `json:"alarm,omitzero"`
	State     string    `json:"state"` // queued, sent, delivered, failed
	Why       string    `json:"why,omitempty"`
	Attempts  int       `json:"attempts"`
	Reference string    `json:"reference,omitempty"`
	Queued    time.Time `json:"queued"`
	Sent      time.Time `json:"sent,omitzero"`
	Delivered time.Time `json:"delivered,omitzero"`
	Code      string    `json:"code,omitempty"`
	Silent    bool      `json:"silent,omitempty"` // about a silent alarm: not for a screen at the panel
}
