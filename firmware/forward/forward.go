// Package forward takes events upstream: a durable outbox, alarms before
// telemetry, each path with a cursor of its own, idempotent ids. What was told
// upstream is in the journal, unless it says journaled: false.
package forward

import (
	"context"

	"watchbox/firmware/event"
)

// Path is one way upstream (an MQTT broker, a webhook). Send is one attempt by
// ctx's deadline: nil means that the far end has taken every record durably.
type Path interface {
	Send(ctx context.Context, records []event.Record) error
	Close() error
}

// Item is one row of the outbox: a record that a path has still to take.
type Item struct {
	Row    int64 // the store's own number, rises
	Record event.Record
}

// Outbox is the durable queue, as the store keeps it. Calls block on the disk;
// one goroutine per path.
type Outbox interface {
	// Pending returns up to limit rows that the path has not taken: alarm
	// records first, then the rest, each in the order of their sequence.
	Pending(ctx context.Context, path string, limit int) ([]Item, error)
	// Taken marks rows as taken by the path.
	Taken(ctx context.Context, path string, rows []int64) error
}
