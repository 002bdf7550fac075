package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"watchbox/firmware/event"
)

// commitAll is the half of the writer that may hang on the disk.
func (w *Writer) commitAll(ctx context.Context) {
	pause := firstPause
	for {
		group := w.takeGroup()
		if len(group) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-w.work:
			case <-time.After(idle):
				w.probe()
			}
			continue
		}
		err := w.attempt(ctx, group)
		w.judge()
		if err == nil {
			pause = firstPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		wait(ctx, pause)
		pause = min(2*pause, longestPause)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (w *Writer) takeGroup() []event.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), groupBatches)
	w.flying = slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	group := make([]event.Batch, n)
	for i := range w.flying {
		group[i] = w.flying[i].batch
	}
	return group
}

// commit makes one attempt at a group; a batch that can never be committed is
// singled out and left behind.
func (w *Writer) commit(ctx context.Context, group []event.Batch) error {
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err := w.committer.Commit(attempt, group)
	if errors.Is(err, ErrBatch) {
		group, err = w.single(attempt, group)
	}
	w.settle(err)
	if err != nil {
		return err
	}
	for i := range group {
		group[i].Records = slices.Clone(group[i].Records)
		for k := range group[i].Records {
			group[i].Records[k].Journaled = true
		}
	}
	w.after(group)
	w.askOwed(attempt)
	return nil
}

// single commits batch by batch and gives those that went through.
func (w *Writer) single(ctx context.Context, group []event.Batch) (good []event.Batch, err error) {
	for _, b := range group {
		switch err := w.committer.Commit(ctx, []event.Batch{b}); {
		case errors.Is(err, ErrBatch):
			w.Log("journal: a batch of %d records is left out: %v", len(b.Records), err)
		case err != nil:
			return nil, err
		default:
			good = append(good, b)
		}
	}
	return good, nil
}

// settle takes the group off, or back to the front of the queue.
func (w *Writer) settle(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = err
	if err != nil {
		w.queue = append(w.flying, w.queue...)
	} else {
		w.progress = time.Now()
		for _, p := range w.flying {
			for _, r := range p.batch.Records {
				w.committed = max(w.committed, r.ID.Sequence)
			}
		}
	}
	w.flying = nil
}

func (w *Writer) askOwed(ctx context.Context) {
	o, ok := w.committer.(interface {
		Owed(context.Context) ([]event.Record, error)
	})
	if !ok {
		return
	}
	records, err := o.Owed(ctx)
	if err != nil {
		w.Log("journal: %v", err)
	}
	for _, r := range records {
		w.Note(r)
	}
}
