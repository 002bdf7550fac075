package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// history is history.db and the samples that wait for it. When the file cannot
// be opened it holds on to the newest samples and gives errors.
type history struct {
	path    string
	options Options
	box     string // as an earlier run noted it, should guard.db be lost

	writing   sync.Mutex // one writer at a time; held over disk accesses
	mu        sync.Mutex // guards what follows; never held over a disk access
	db        *sql.DB    // nil: could not be opened
	waiting   map[point.Name][]*run
	decisions []event.Decision // of the why-log, that wait too
	undecided uint64           // decisions dropped
	count     int              // samples that wait
	dropped   uint64
	full      chan struct{} // one token when it is time to flush
	series    map[point.Name]int64
}

const (
	// flushAt samples wait at most before they are written early; 4 MB of memory.
	flushAt = 50_000
	// waitingMost is the bound of what waits when the disk does not take it: the
	// newest samples are dropped, counted.
	waitingMost = 4 * flushAt
	// relieveEvery is the least time between two attempts to make room.
	relieveEvery = 10 * time.Second
)

// openHistory never fails: history may be lost and made anew.
func openHistory(ctx context.Context, path string, o Options) (*history, string) {
	h := &history{path: path, options: o, waiting: map[point.Name][]*run{}, full: make(chan struct{}, 1)}
	err := h.open(ctx)
	if err == nil {
		return h, ""
	}
	why := err.Error()
	if hopeless(err) {
		os.RemoveAll(path + ".aside") // one old one is kept, for whoever is curious
		os.Rename(path, path+".aside")
		os.Remove(path + "-wal")
		os.Remove(path + "-shm")
		if err = h.open(ctx); err != nil {
			why += "; again: " + err.Error()
		}
	}
	return h, why
}

func (h *history) open(ctx context.Context) error {
	if info, err := os.Stat(h.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a file", errSchema, h.path)
	}
	db, err := openFile(h.path, "_journal_mode=WAL&_synchronous=NORMAL&_txlock=deferred&_auto_vacuum=incremental", 3)
	if err != nil {
		return err
	}
	if err = prepareFile(ctx, db, historyTables, historyProbe); err != nil {
		db.Close()
		return err
	}
	_ = prepareFile(ctx, db, decisionTable, decisionProbe) // writing decisions tries again
	h.box = meta(ctx, db, "box")
	h.mu.Lock()
	h.db, h.series = db, map[point.Name]int64{}
	h.mu.Unlock()
	return nil
}

func (h *history) remember(ctx context.Context, box string) {
	if db := h.file(); db != nil && box != h.box {
		db.ExecContext(ctx, `insert into meta(key, value) values('box', ?) on conflict(key) do update set value = excluded.value`, box)
		h.box = box
	}
}

func (h *history) file() *sql.DB {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.db
}

func (h *history) close() {
	if db := h.file(); db != nil {
		db.Close()
	}
}

// AppendSamples takes samples for the history into memory. Never blocks. Samples
// without any value and quality are nothing and are left out.
func (s *Store) AppendSamples(samples []point.Sample) {
	h := s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range samples {
		h.append(x)
	}
	if h.count >= flushAt {
		select {
		case h.full <- struct{}{}:
		default:
		}
	}
}

func (h *history) append(x point.Sample) {
	if h.count >= waitingMost {
		h.dropped++
		return
	}
	r := Reading{At: x.At.Wall.Truncate(timeStep), Value: x.Value, Quality: x.Quality}
	runs := h.waiting[x.Point]
	if len(runs) == 0 || !runs[len(runs)-1].fits(r) {
		runs = append(runs, &run{})
		h.waiting[x.Point] = runs
	}
	runs[len(runs)-1].add(r)
	h.count++
}

// FlushHistory writes what waits, as one segment. After an error the samples go
// on waiting.
func (s *Store) FlushHistory(ctx context.Context) error {
	h := s.history
	h.writing.Lock()
	defer h.writing.Unlock()
	waiting, count := h.takeWaiting()
	if count == 0 {
		return nil
	}
	err := errHistory
	if db := h.file(); db != nil {
		err = h.writeSegment(ctx, db, waiting)
	}
	if err != nil {
		h.putBack(waiting, count)
		err = fmt.Errorf("store %s: write %d samples: %w", historyName, count, classed(err))
		s.noteFull(err)
		return err
	}
	return nil
}

var errHistory = errors.New("file is not open")

func (h *history) takeWaiting() (map[point.Name][]*run, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	waiting, count := h.waiting, h.count
	h.waiting, h.count = map[point.Name][]*run{}, 0
	return waiting, count
}

// putBack sets unwritten samples before those that came since.
func (h *history) putBack(waiting map[point.Name][]*run, count int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, since := range h.waiting {
		waiting[name] = append(waiting[name], since...)
	}
	h.waiting, h.count = waiting, h.count+count
}

// HistoryState tells where the history lies, how many samples wait for the disk
// and how many were dropped since the start because it did not take them.
func (s *Store) HistoryState() (file string, waiting int, dropped uint64) {
	h := s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	return filepath.Base(h.path), h.count, h.dropped
}

// KeepHistory is the history's goroutine: it writes what waits every ten
// minutes (so much at most goes with the power) or when there is much of it, the
// decisions of the why-log every half minute,
// packs small segments into large ones, and lets go what is too old; it makes
// room when a write met a full disk. It returns when ctx ends; Close writes the rest.
func (s *Store) KeepHistory(ctx context.Context, log func(format string, args ...any)) {
	flush, sweep, decided := time.NewTicker(10*time.Minute), time.NewTicker(time.Hour), time.NewTicker(30*time.Second)
	defer flush.Stop()
	defer decided.Stop()
	defer sweep.Stop()
	var relieved time.Time
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.history.full:
			err = s.FlushHistory(ctx)
		case <-flush.C:
			err = errors.Join(s.FlushHistory(ctx), s.rollHistory(ctx))
		case <-decided.C:
			err = s.FlushDecisions(ctx)
		case <-sweep.C:
			err = s.Sweep(ctx)
		case <-s.full:
			if time.Since(relieved) >= relieveEvery {
				err = s.Relieve(ctx)
				relieved = time.Now()
			}
		}
		if err != nil && ctx.Err() == nil {
			log("%v", err)
		}
	}
}
