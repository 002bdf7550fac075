package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/event"
)

// Committer is where the Writer writes: a Store, or a slow or broken disk in a
// test. It may also have Owed, Doubt and Probe, as the Store has.
type Committer interface {
	Commit(ctx context.Context, batches []event.Batch) error
}

// QueueBatches is the usual bound of a Writer's queue.
const QueueBatches = 4096

const (
	stall        = 5 * time.Second // without progress: the journal has failed, and people have been told
	groupBatches = 256             // at most in one transaction
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	look         = 500 * time.Millisecond // between looks at the clock
	idle         = 3 * time.Second        // without work: the disk is probed
	lastWords    = 3 * time.Second        // for what is queued when the box stops
)

// Writer is the journal's goroutine. Record takes batches without ever blocking;
// Run commits everything that is queued as one group. What is not yet committed
// stays in memory and is tried again.
//
// The queue holds a bounded number of batches. When it is full the records of a
// new batch are not journaled: they are counted, handed to Unjournaled, and the
// store remembers their numbers until a gap record says so. Their retained state
// is kept, the newest per key: it goes with the next group.
//
// Set the exported fields before Run. All of them are called from the Writer's
// goroutines and must not block.
type Writer struct {
	// Unjournaled gets the records that wait, each once, while the journal has
	// failed: they go upstream with Journaled false.
	Unjournaled func([]event.Record)
	// Changed is told when the journal fails and when it works again.
	Changed func(ok bool, why string)
	// Note gets records without a number that the journal owes (gaps): the
	// engine's Note.
	Note func(event.Record)
	// Log gets batches that can never be committed.
	Log func(format string, args ...any)

	committer Committer
	limit     int
	after     func([]event.Batch)
	work      chan struct{} // one token: something is queued
	news      chan struct{} // one token: something to judge
	judging   sync.Mutex    // one judgement at a time; held over callbacks
	sick      bool          // the last probe failed; commitAll's own

	mu        sync.Mutex // guards what follows
	queue     []pending
	flying    []pending      // being committed
	untold    []event.Record // of full queues, waiting for Unjournaled; bounded like the queue
	progress  time.Time      // when the queue was last empty or a group went through
	failure   error          // of the last attempt
	asked     time.Time      // when the probe under way began; zero when none is
	ok        bool
	why       string
	since     time.Time
	newest    uint64 // greatest number handed in
	committed uint64 // greatest number known to be on the disk
	dropped   uint64
}

// pending is one batch that is not on the disk yet.
type pending struct {
	batch event.Batch
	told  bool
	spill bool // only retained state of batches that found the queue full
}

var _ event.Recorder = (*Writer)(nil)

// NewWriter makes a writer with room for queue batches. after is called with
// each group once it is on the disk; its records are marked as journaled.
func NewWriter(c Committer, queue int, after func([]event.Batch)) *Writer {
	if after == nil {
		after = func([]event.Batch) {}
	}
	return &Writer{committer: c, limit: max(queue, 1), after: after, ok: true, since: time.Now(),
		work: make(chan struct{}, 1), news: make(chan struct{}, 1),
		Unjournaled: func([]event.Record) {}, Changed: func(bool, string) {}, Note: func(event.Record) {}, Log: func(string, ...any) {}}
}

// Record takes one batch. Never blocks; may be called from any goroutine, but
// numbers must rise.
func (w *Writer) Record(b event.Batch) {
	if b.Empty() {
		return
	}
	w.mu.Lock()
	if len(w.queue)+len(w.flying) == 0 {
		w.progress = time.Now()
	}
	for _, r := range b.Records {
		w.newest = max(w.newest, r.ID.Sequence)
	}
	if len(w.queue)+len(w.flying) < w.limit {
		w.queue = append(w.queue, pending{batch: b})
	} else {
		w.spill(b)
	}
	failed := !w.ok
	w.mu.Unlock()
	poke(w.work)
	if failed {
		poke(w.news)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// spill keeps of a batch what must not be lost although the queue is full.
func (w *Writer) spill(b event.Batch) {
	w.dropped += uint64(len(b.Records))
	room := max(w.limit-len(w.untold), 0)
	w.untold = append(w.untold, b.Records[:min(room, len(b.Records))]...)
	if len(b.Retained) == 0 {
		return
	}
	if n := len(w.queue); n == 0 || !w.queue[n-1].spill {
		w.queue = append(w.queue, pending{spill: true, told: true})
	}
	tail := &w.queue[len(w.queue)-1].batch
	for _, r := range b.Retained {
		if i := slices.IndexFunc(tail.Retained, func(x event.Retained) bool { return x.Key == r.Key }); i >= 0 {
			tail.Retained[i] = r
		} else {
			tail.Retained = append(tail.Retained, r)
		}
	}
}

// Backlog is how many batches wait, and how many records were never journaled
// because the queue was full. Never blocks.
func (w *Writer) Backlog() (batches int, dropped uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue) + len(w.flying), w.dropped
}

// Run is the writer's life. When ctx ends it writes what is queued, for 3 s at
// most, and returns even if the disk never answers; numbers that are then not in
// the journal make the store doubt (see Store.Doubt).
func (w *Writer) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() { defer close(done); w.commitAll(ctx) }()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			w.judge()
		case <-w.news:
			w.judge()
		}
	}
	last := time.NewTimer(lastWords)
	defer last.Stop()
	select {
	case <-done:
	case <-last.C:
	}
	w.mu.Lock()
	doubt := w.newest > w.committed
	w.mu.Unlock()
	if d, ok := w.committer.(interface{ Doubt() }); ok && doubt {
		d.Doubt()
	}
}
