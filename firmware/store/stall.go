package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"watchbox/firmware/event"
)

// What follows judges whether the disk takes what the Writer gives it.

// judge decides whether the journal works, tells a change, and while it has
// failed hands out what waits.
func (w *Writer) judge() {
	w.judging.Lock()
	defer w.judging.Unlock()
	w.mu.Lock()
	ok, why := w.verdict()
	changed := ok != w.ok
	if changed {
		w.ok, w.since = ok, time.Now()
	}
	w.why = why
	records := w.hand(ok)
	w.mu.Unlock()
	if changed {
		w.Changed(ok, why)
	}
	if len(records) > 0 {
		w.Unjournaled(records)
	}
}

func (w *Writer) verdict() (ok bool, why string) {
	switch {
	case w.failure != nil:
		return false, w.failure.Error()
	case len(w.queue)+len(w.flying) > 0 && time.Since(w.progress) >= stall-look, // the next look would be too late
		!w.asked.IsZero() && time.Since(w.asked) >= stall-idle-look: // the disk was last heard of an idle time before
		return false, "the disk has not answered for " + stall.String()
	}
	return true, ""
}

// hand gives what waits and was not handed out before. A number beyond the
// reserve is never told: a restart could use it again.
func (w *Writer) hand(ok bool) (records []event.Record) {
	take := func(from []event.Record) {
		for _, r := range from {
			if r.Journaled = false; r.ID.Sequence <= w.committed+Reserve || w.committed == 0 {
				records = append(records, r)
			}
		}
	}
	for _, q := range [][]pending{w.flying, w.queue} {
		for i := range q {
			if !ok && !q[i].told {
				q[i].told = true
				take(q[i].batch.Records)
			}
		}
	}
	take(w.untold)
	w.untold = nil
	slices.SortFunc(records, func(a, b event.Record) int { return cmp.Compare(a.ID.Sequence, b.ID.Sequence) })
	return records
}

// State tells whether the journal works, and if not why and since when. Never blocks.
func (w *Writer) State() (ok bool, why string, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ok, w.why, w.since
}

// Full tells whether the last attempt met a disk without room. Never blocks.
func (w *Writer) Full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Is(w.failure, ErrFull)
}

// attempt commits a group, but to a disk whose last probe failed only once a probe
// succeeds: a file system that became read-only lets the files that are open be
// overwritten, says that all is on the disk, and keeps none of it (ext4).
func (w *Writer) attempt(ctx context.Context, group []event.Batch) error {
	if w.sick {
		if err := w.probe(); err != nil {
			w.settle(err)
			return err
		}
	}
	return w.commit(ctx, group)
}

// probe asks a disk that has nothing to do whether it would: one that takes
// nothing any more must be told of before there is something to write.
func (w *Writer) probe() error {
	p, ok := w.committer.(interface{ Probe() error })
	if !ok {
		return nil
	}
	w.probing(time.Now(), nil)
	err := p.Probe() // may hang: judge sees since when
	w.probing(time.Time{}, err)
	w.sick = err != nil
	w.judge()
	return err
}

func (w *Writer) probing(since time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked = since; since.IsZero() {
		w.failure = err
	}
}
