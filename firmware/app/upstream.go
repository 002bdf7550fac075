package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/forward"
)

// upstream runs one forwarder per path.
type upstream struct {
	app     *App
	mutex   sync.Mutex
	context context.Context // of all runs; nil before start
	stop    func()          // ends the present run
	running *sync.WaitGroup
	paths   map[string]forward.Path
	runners map[string]*forward.Runner
	wakes   []chan struct{}
}

func newUpstream(a *App, paths map[string]forward.Path) *upstream {
	return &upstream{app: a, paths: paths, runners: map[string]*forward.Runner{}, stop: func() {}, running: &sync.WaitGroup{}}
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// start begins forwarding.
func (u *upstream) start(ctx context.Context) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.context = ctx
	u.run()
}

// names are those of the present paths.
func (u *upstream) names() []string {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return names(u.paths)
}

// run starts a runner per path; the mutex is held. A runner closes its path.
func (u *upstream) run() {
	ctx, stop := context.WithCancel(u.context)
	u.stop, u.running = stop, &sync.WaitGroup{}
	for name, path := range u.paths {
		wake := make(chan struct{}, 1)
		r := forward.NewRunner(name, path, outbox{u.app}, wake, u.app.log)
		r.Beat = func() forward.Heartbeat { return u.app.heartbeat(name) }
		u.runners[name], u.wakes = r, append(u.wakes, wake)
		u.running.Go(func() { r.Run(ctx) })
	}
}

// rewire replaces the paths, after the old ones have said goodbye; the outbox
// keeps what the ones of the same name owe.
func (u *upstream) rewire(paths map[string]forward.Path) {
	u.mutex.Lock()
	stop, running := u.stop, u.running
	u.wakes, u.runners = nil, map[string]*forward.Runner{}
	u.mutex.Unlock()
	stop()
	running.Wait()
	if s := u.app.store.Load(); s != nil {
		if err := s.SetPaths(u.context, names(paths)); err != nil {
			u.app.log("outbox: %v", err)
		}
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.paths = paths
	u.run()
}

// finish waits for the runners of a box that stops.
func (u *upstream) finish() {
	u.mutex.Lock()
	running := u.running
	u.mutex.Unlock()
	running.Wait()
}

// heartbeat is the proof of life on one path.
func (a *App) heartbeat(path string) forward.Heartbeat {
	box, epoch := a.Identity()
	h := forward.Heartbeat{Box: box, Epoch: epoch, Last: a.journal.last.Load(), At: a.clock().Wall, JournalOK: a.View().Health.JournalOK}
	if s := a.store.Load(); s != nil {
		h.Waiting = s.Waiting()[path]
	}
	return h
}

// wake tells every path that something was committed. Never blocks.
func (u *upstream) wake() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, w := range u.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// unjournaled sends records upstream although the journal has failed. Never blocks.
func (u *upstream) unjournaled(records []event.Record) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, r := range u.runners {
		r.Unjournaled(records)
	}
}

// lostAfter is how long a path may be without success before it is a trouble:
// the reporting time that EN 50136 asks of its best categories.
const lostAfter = 90 * time.Second

// checkUpstream raises or clears the trouble of each path.
func (a *App) checkUpstream() {
	u := a.upstream.Load()
	if u == nil {
		return
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for name, r := range u.runners {
		s := r.State()
		switch {
		case s.Error == "":
			u.app.troubles.set(upstreamKey(name), nil)
		case time.Since(s.Since) > lostAfter:
			u.app.troubles.set(upstreamKey(name), errors.New(s.Error))
		}
	}
}
