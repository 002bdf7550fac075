package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// memoryRecords is how much of the newest journal is kept in memory, for a page
// that must show events while the disk does not answer.
const memoryRecords = 1000

// journal is the engine's recorder: the store's writer, and beside it the newest
// records in memory. Until the store is open everything goes upstream unjournaled.
type journal struct {
	app    *App
	mutex  sync.Mutex
	writer *store.Writer // nil until the store is open
	missed error         // why the store did not open in time
	recent []event.Record
	last   atomic.Uint64 // newest sequence on the disk
}

func newJournal(a *App) *journal { return &journal{app: a} }

// Record takes a batch from the engine. Never blocks.
func (j *journal) Record(b event.Batch) {
	j.mutex.Lock()
	j.recent = append(j.recent, b.Records...)
	if over := len(j.recent) - memoryRecords; over > memoryRecords {
		j.recent = append([]event.Record(nil), j.recent[over:]...)
	}
	w := j.writer
	j.mutex.Unlock()
	j.think(b.Decisions)
	if b.Decisions = nil; b.Empty() {
		return
	}
	if w != nil && !b.Makeshift {
		w.Record(b)
		return
	}
	j.app.upstream.Load().unjournaled(b.Records)
}

// think takes the engine's decisions to the why-log.
func (j *journal) think(d []event.Decision) {
	if s := j.app.store.Load(); s != nil && len(d) > 0 {
		s.AppendDecisions(d)
	}
}

// newest are the records in memory that match, newest first, for a box whose
// store does not answer.
func (j *journal) newest(q store.EventQuery) []event.Record {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	var found []event.Record
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	for i := len(j.recent) - 1; i >= 0 && len(found) < limit; i-- {
		r := j.recent[i]
		if (q.Before == 0 || r.ID.Sequence < q.Before) && r.ID.Sequence > q.After && (q.Room == "" || q.Room == r.Room) {
			found = append(found, r)
		}
	}
	return found
}

// committed passes on what is durable: dial-out stops waiting, upstream begins.
func (j *journal) committed(group []event.Batch) {
	last := j.last.Load() // what is only retained has no number
	for _, b := range group {
		for _, r := range b.Records {
			last = max(last, r.ID.Sequence)
		}
	}
	j.last.Store(last)
	j.app.desk.committed(last)
	j.app.upstream.Load().wake()
}

// changed hears from the writer that the journal fails or works again.
func (j *journal) changed(ok bool, why string) {
	j.app.engine.SetJournal(ok, why)
	if ok {
		j.app.troubles.set(troubleJournal, nil)
		return
	}
	j.app.troubles.set(troubleJournal, errors.New(why))
}

// stands tells whether the journal stands still in a way that a restart may help:
// a full disk is as full afterwards.
func (j *journal) stands() bool {
	j.mutex.Lock()
	w, missed := j.writer, j.missed
	j.mutex.Unlock()
	if w == nil {
		return missed != nil && !errors.Is(missed, store.ErrFull)
	}
	ok, _, _ := w.State()
	return !ok && !w.Full()
}

// adoptStore gives the engine its identity and retained state and starts the
// journal's writer.
func (a *App) adoptStore(down *stack, o opened) {
	s, ctx, retained := o.store, context.Background(), o.retained
	if a.safe {
		retained = ofSafeMode(retained, a.site.Load(), a.defines)
	} else { // safe mode has no paths, and keeps what they are owed
		if err := s.SetPaths(ctx, a.upstream.Load().names()); err != nil {
			a.log("outbox: %v", err)
		}
	}
	a.store.Store(s)
	down.push("store", func() {
		if err := s.Close(); err != nil {
			a.log("close store: %v", err)
		}
	})
	w := store.NewWriter(s, store.QueueBatches, a.journal.committed)
	w.Unjournaled, w.Changed, w.Note, w.Log = a.upstream.Load().unjournaled, a.journal.changed, a.engine.Note, a.log
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.Run(run) }()
	var kept sync.WaitGroup
	kept.Go(func() { s.KeepHistory(run, a.log) })
	kept.Go(func() { a.desk.keepLedger(run, s) })
	down.push("journal", func() { stop(); <-done; kept.Wait() })
	a.journal.mutex.Lock()
	a.journal.writer, a.journal.recent = w, nil // what it holds comes again by its final names
	a.journal.mutex.Unlock()
	box, epoch, next := s.Identity()
	a.engine.Identify(box, epoch, next, retained)
	a.keepFirst(s, a.clock())
	a.restoreDesk(retained, a.numbered(box, epoch, next))
	a.openPersons(o.people)
	a.tellStore(o.report)
}

// keepFirst takes into the history what was read before there was one: how each
// contact stood at the start, of which it may give no sign for weeks.
func (a *App) keepFirst(s *store.Store, opened point.Instant) {
	a.engine.After(func() {
		v := a.engine.View()
		var first []point.Sample
		for i := range v.Points.Len() {
			if e := v.Points.At(i); e.Seen && e.Last.At.Since(opened) <= 0 {
				first = append(first, e.Last)
			}
		}
		s.AppendSamples(first)
	})
}

// withoutStore lets the box guard and tell under names of its own until the store
// opens. Who may log in is not known before.
func (a *App) withoutStore(err error) {
	a.log("store: %v", err)
	a.journal.mutex.Lock()
	a.journal.missed = err
	a.journal.mutex.Unlock()
	a.ownEpoch = store.RandomName(5)
	a.engine.Improvise(store.RandomName(8), a.ownEpoch)
	a.engine.SetJournal(false, err.Error())
	a.troubles.set(troubleJournal, err)
}

// tellStore says what was odd about the store, or that nothing was.
func (a *App) tellStore(r store.OpenReport) {
	a.troubles.set(troubleStore, nil)
	a.troubles.set(troubleJournal, nil)
	a.engine.SetJournal(true, "")
	if r.MovedAside != "" {
		a.troubles.set(troubleStore, errors.New(r.Why+"; kept as "+r.MovedAside))
	}
	if r.Degraded != nil {
		a.troubles.set(troubleJournal, r.Degraded)
	}
	if r.History != "" {
		a.log("history began anew: %s", r.History)
	}
	if r.Unclean {
		a.log("the last run ended without a clean stop; journal goes on after %d", r.Last)
	}
}

// numbered turns a provisional id of this start into the one that the engine
// gave it when the journal opened.
func (a *App) numbered(box, epoch string, first uint64) func(event.ID) event.ID {
	makeshift := a.ownEpoch
	return func(id event.ID) event.ID { return engine.Final(id, makeshift, box, epoch, first) }
}

// restoreDesk takes up the escalations of the last run, once the engine has its
// alarms back.
func (a *App) restoreDesk(retained map[string][]byte, final func(event.ID) event.ID) {
	var list []event.Retained
	for k, v := range retained {
		list = append(list, event.Retained{Key: k, Value: v})
	}
	a.engine.After(func() {
		alarms := a.engine.View().Alarms
		a.desk.tell(func(now point.Instant) {
			a.desk.pure.Number(final)
			a.desk.pure.Restore(now, list, alarms)
		})
	})
}
