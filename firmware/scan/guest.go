package scan

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// ErrNoTurn is what a guest hears whose call was never begun: the bus had no time
// for it, or does not run.
var ErrNoTurn = errors.New("the bus has no time left")

// askLimit bounds the calls of guests that wait for one bus. A further one has no turn.
const askLimit = 8

// Guest is another master's way to a bus. Its calls are made one at a time by the
// goroutine of the bus, only while no order and no block waits, and so that guests
// have no more than their share of the time. A call that runs holds up the others as
// the exchange of a device of ours does, no longer.
type Guest struct{ lane *lane }

// ask is one call of a guest.
type ask struct {
	call  func(context.Context) error
	limit time.Duration
	done  chan error // capacity 1: the lane never waits for the caller
}

// Guest gives others a share of a bus, in percent of its time from 1 to 100. It holds
// for all guests of the bus; the last word counts. Works before Run and while running.
func (s *Scanner) Guest(bus string, share int) *Guest {
	s.mu.Lock()
	l := s.lane("bus:"+bus, 1)
	s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hosted = float64(min(max(share, 1), 100)) / 100
	return &Guest{l}
}

// Do makes one call within limit, when its turn comes, and gives what the call gave. A
// call that has not begun when ctx ends never will: then the error is ErrNoTurn. Blocks
// until ctx ends, and then for at most limit more.
func (g *Guest) Do(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	a := &ask{call, limit, make(chan error, 1)}
	if err := g.lane.invite(a); err != nil {
		return err
	}
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
	}
	if g.lane.uninvite(a) {
		return ErrNoTurn
	}
	return <-a.done // it runs, or has ended this moment
}

func (l *lane) invite(a *ask) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil || l.ctx.Err() != nil || len(l.asks) >= askLimit {
		return ErrNoTurn
	}
	l.asks = append(l.asks, a)
	l.rouse()
	return nil
}

// uninvite is false when the call is no longer waiting.
func (l *lane) uninvite(a *ask) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.asks, a)
	if i >= 0 {
		l.asks = slices.Delete(l.asks, i, i+1)
	}
	return i >= 0
}

// nextAsk is the call of a guest that may begin now, or says when to look again; at is
// when the bus's own schedule wants the lane.
func (l *lane) nextAsk(now, at time.Time) (*ask, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.asks) == 0:
		return nil, at
	case l.asksFrom.After(now):
		return nil, sooner(at, l.asksFrom)
	}
	a := l.asks[0]
	l.asks = slices.Delete(l.asks, 0, 1)
	l.hosting, l.limit = true, now.Add(a.limit)
	return a, at
}

// host makes a guest's call. What it took, the wait for a silent unit and its
// quarantine included, is what the next one is put off by.
func (l *lane) host(a *ask) {
	began := time.Now()
	a.done <- l.guarded(a)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hosting = false
	part := min(l.hosted, l.unclaimed())
	l.asksFrom = now.Add(time.Duration(float64(now.Sub(began)) * (1 - part) / part))
}

func (l *lane) guarded(a *ask) (err error) {
	ctx, cancel := context.WithTimeout(l.ctx, a.limit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			l.scanner.log("%s: a guest's call panicked: %v\n%s", l.key, p, debug.Stack())
			err = fmt.Errorf("%s: %w: %v", l.key, errPanic, p)
		}
	}()
	return a.call(ctx)
}
