package forward

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/event"
)

const (
	batchMost     = 100 // records in one Send
	sendTime      = 30 * time.Second
	firstPause    = time.Second
	longestPause  = time.Minute
	beatEvery     = time.Minute
	lookEvery     = 10 * time.Second // at the outbox, when nobody wakes us
	unjournalMost = 4096
)

// Runner is a path's goroutine: it empties the outbox into the path, alarms
// before telemetry, in batches of at most 100, and what the journal could not
// take before both. After a failure it waits, one second to a minute, doubled
// each time, with jitter. It is the only caller of the path.
//
// A record is marked as taken after the path took it; power that goes in between
// sends it again with the same id. A disk that does not answer holds up the
// outbox, never the unjournaled records.
type Runner struct {
	// Beat, when set before Run, gives the content of the heartbeat that a Beater
	// is sent every 60 s. Must not block.
	Beat func() Heartbeat

	name string
	path Path
	disk *patient
	wake <-chan struct{}
	log  driver.Log

	poke  chan struct{}
	sent  map[int64]bool // rows that the path took and the outbox does not know yet
	pause time.Duration
	beat  time.Time // when the next heartbeat is due

	mu          sync.Mutex // guards what follows
	unjournaled []event.Record
	state       State
}

// NewRunner makes the runner of one path. wake gets a token at each commit; the
// runner also looks by itself every 10 s.
func NewRunner(name string, path Path, box Outbox, wake <-chan struct{}, log driver.Log) *Runner {
	if log == nil {
		log = func(string, ...any) {}
	}
	return &Runner{name: name, path: path, disk: &patient{name: name, box: box}, wake: wake, log: log,
		poke: make(chan struct{}, 1), sent: map[int64]bool{}, state: State{Name: name, OK: true}}
}

// Unjournaled takes records that the journal could not take; they go first and
// say journaled: false. Never blocks. 4096 are held; beyond that the oldest that
// is not an alarm goes, or the oldest, counted as lost.
func (r *Runner) Unjournaled(records []event.Record) {
	r.mu.Lock()
	for _, x := range records {
		x.Journaled = false
		if len(r.unjournaled) >= unjournalMost {
			r.unjournaled = dropOne(r.unjournaled)
			r.state.Lost++
		}
		r.unjournaled = append(r.unjournaled, x)
	}
	r.mu.Unlock()
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// Run is the runner's life; it closes the path when ctx ends.
func (r *Runner) Run(ctx context.Context) {
	defer r.path.Close()
	r.beat = time.Now()
	for ctx.Err() == nil {
		more, err := r.round(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			r.failed(err)
			r.rest(ctx, r.backOff(), false)
		case !more:
			r.rest(ctx, min(lookEvery, r.untilBeat()), true)
		}
	}
}

// round makes one Send, the most urgent one, and tells whether there is more.
func (r *Runner) round(ctx context.Context) (more bool, err error) {
	if records := r.waiting(); len(records) > 0 {
		return true, r.sendUnjournaled(ctx, records)
	}
	if r.beatDue() {
		if err := r.sendBeat(ctx); err != nil {
			return false, err
		}
	}
	if err := r.settle(ctx); err != nil {
		return r.diskTrouble(err)
	}
	items, err := r.disk.pending(ctx, batchMost)
	if err != nil {
		return r.diskTrouble(err)
	}
	if len(items) == 0 {
		r.note(func(s *State) { s.Backlog = false })
		return false, nil
	}
	r.note(func(s *State) { s.Backlog = len(items) == batchMost })
	return true, r.sendItems(ctx, items)
}

// diskTrouble is not the path's fault: the state of the path stays as it is and
// the next look is soon.
func (r *Runner) diskTrouble(err error) (bool, error) {
	r.log("forward %s: %v", r.name, err)
	return false, nil
}

// backOff is the next pause: doubled, of which up to a quarter is taken off by
// chance so that a hundred boxes do not come back together.
func (r *Runner) backOff() time.Duration {
	r.pause = min(max(2*r.pause, firstPause), longestPause)
	return r.pause - rand.N(r.pause/4)
}

// rest waits for d; when wakeful, also for a commit or an unjournaled record.
func (r *Runner) rest(ctx context.Context, d time.Duration, wakeful bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	wake, poke := r.wake, r.poke
	if !wakeful {
		wake, poke = nil, nil
	}
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-wake:
	case <-poke:
	}
}
