package webtest

import (
	"context"
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// NewEpoch begins another journal.
func (b *Box) NewEpoch(epoch string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.epoch, b.records = epoch, nil
	b.record(event.Record{Type: event.JournalBegan})
}

// Journal writes one record.
func (b *Box) Journal(r event.Record) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.record(r)
}

func (b *Box) record(r event.Record) event.ID {
	r.ID = event.ID{Box: b.box, Epoch: b.epoch, Sequence: uint64(len(b.records) + 1)}
	if r.At == (point.Instant{}) {
		r.At = Now()
	}
	r.Journaled = true
	b.records = append(b.records, r)
	return r.ID
}

// Records are the journal so far.
func (b *Box) Records() []event.Record {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.records)
}

// Events answers as the store does.
func (b *Box) Events(_ context.Context, q store.EventQuery) ([]event.Record, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.JournalError != nil {
		return nil, b.JournalError
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	var out []event.Record
	for _, r := range b.records {
		n := r.ID.Sequence
		if (q.Epoch == "" || q.Epoch == r.ID.Epoch) && n > q.After && (q.Before == 0 || n < q.Before) &&
			(len(q.Types) == 0 || slices.Contains(q.Types, r.Type)) && (q.Room == "" || q.Room == r.Room) &&
			(q.Origin == (event.ID{}) || q.Origin == r.Origin || q.Origin == r.ID) {
			out = append(out, r)
		}
	}
	if q.After == 0 {
		slices.Reverse(out)
	}
	return out[:min(len(out), q.Limit)], nil
}
