package forward

import (
	"context"
	"errors"

	"watchbox/firmware/event"
)

func (r *Runner) waiting() []event.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]event.Record(nil), r.unjournaled[:min(batchMost, len(r.unjournaled))]...)
}

func (r *Runner) sendUnjournaled(ctx context.Context, records []event.Record) error {
	taken, err := r.send(ctx, records)
	gone := map[event.ID]bool{}
	for _, i := range taken {
		gone[records[i].ID] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.unjournaled[:0]
	for _, x := range r.unjournaled {
		if !gone[x.ID] {
			kept = append(kept, x)
		}
	}
	r.unjournaled = kept
	return err
}

func (r *Runner) sendItems(ctx context.Context, items []Item) error {
	records := make([]event.Record, len(items))
	for i, x := range items {
		records[i] = x.Record
	}
	taken, err := r.send(ctx, records)
	for _, i := range taken {
		r.sent[items[i].Row] = true
	}
	r.settle(ctx) // what the disk does not take now is tried again at the next round
	return err
}

// settle tells the outbox what the path took. Until that is on the disk no more
// is read, so that nothing is sent twice.
func (r *Runner) settle(ctx context.Context) error {
	if len(r.sent) == 0 {
		return nil
	}
	rows := make([]int64, 0, len(r.sent))
	for row := range r.sent {
		rows = append(rows, row)
	}
	if err := r.disk.taken(ctx, rows); err != nil {
		return err
	}
	clear(r.sent)
	return nil
}

// send makes one attempt and tells which of the records were taken.
func (r *Runner) send(ctx context.Context, records []event.Record) (taken []int, err error) {
	attempt, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	err = r.path.Send(attempt, records)
	var part *Part
	switch {
	case err == nil:
		for i := range records {
			taken = append(taken, i)
		}
		r.succeeded()
	case errors.As(err, &part):
		for _, i := range part.Taken {
			if i >= 0 && i < len(records) {
				taken = append(taken, i)
			}
		}
	}
	r.note(func(s *State) { s.Sent += uint64(len(taken)) })
	return taken, err
}
