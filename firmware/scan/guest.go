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

// askLimit bounds the calls of one guest that wait. A further one has no turn.
const askLimit = 8

// Guest is somebody else's way to a bus: another master's, or that of a search for
// devices. Its calls are made one at a time by the goroutine of the bus, only while no
// order and no block waits, and so that it has no more than its share of the time. A
// call that runs holds up the others as the exchange of a device of ours does, no longer.
type Guest struct {
	lane  *lane
	share float64 // of the bus's time
	spare bool    // it may have more where that holds up nobody

	cost time.Duration // what its longest call took of late; the lane's mutex guards it
	due  time.Time     // when its share lets the next one begin; so too
}

// ask is one call of a guest.
type ask struct {
	guest *Guest
	call  func(context.Context) error
	limit time.Duration
	done  chan error // capacity 1: the lane never waits for the caller
}

// Guest gives another master a share of a bus, in percent of its time from 1 to 100.
// Works before Run and while running.
func (s *Scanner) Guest(bus string, share int) *Guest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Guest{lane: s.lane("bus:"+bus, 1), share: float64(min(max(share, 1), 100)) / 100}
}

// Spare is a guest that has all the time in which its calls are over before a block of
// ours is due, and its share where there is no such time.
func (s *Scanner) Spare(bus string, share int) *Guest {
	g := s.Guest(bus, share)
	g.spare = true
	return g
}

// Do makes one call within limit, when its turn comes, and gives what the call gave. A
// call that has not begun when ctx ends never will: then the error is ErrNoTurn. Blocks
// until ctx ends, and then for at most limit more.
func (g *Guest) Do(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	a := &ask{g, call, limit, make(chan error, 1)}
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
	waiting := 0
	for _, o := range l.asks {
		if o.guest == a.guest {
			waiting++
		}
	}
	if l.ctx == nil || l.ctx.Err() != nil || waiting >= askLimit {
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

// nextAsk is the first call of a guest that may begin now, or says when to look again;
// at is when the bus's own schedule wants the lane.
func (l *lane) nextAsk(now, at time.Time) (*ask, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	look := at
	for i, a := range l.asks {
		if from := a.from(now, at); from.After(now) {
			look = sooner(look, from)
			continue
		}
		l.asks = slices.Delete(l.asks, i, i+1)
		l.hosting, l.limit = true, now.Add(a.limit)
		return a, at
	}
	return nil, look
}

// from is when the call may begin, on a bus that nobody of ours wants before at.
func (a *ask) from(now, at time.Time) time.Time {
	long := a.limit
	if a.guest.cost > 0 { // what it takes, once that is known
		long = min(long, a.guest.cost)
	}
	if a.guest.spare && !at.Before(now.Add(long)) {
		return now
	}
	return a.guest.due
}

// host makes a guest's call. What it took, the wait for a silent unit and its
// quarantine included, is what the guest's next one is put off by.
func (l *lane) host(a *ask) {
	began := time.Now()
	a.done <- l.guarded(a)
	now := time.Now()
	took := now.Sub(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hosting = false
	g := a.guest
	g.cost = max(took, g.cost-g.cost/4+took/4) // a unit that is silent takes longer than one that answers
	part := min(g.share, l.unclaimed())
	g.due = now.Add(time.Duration(float64(took) * (1 - part) / part))
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (l *lane) guarded(a *ask) (err error) {
	ctx, cancel := context.WithTimeout(l.ctx, a.limit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			l.scanner.log("%s: a guest's call panicked: %v\n%s", l.key, p, debug.Stack())
			err = fmt.Errorf("%s: %w: %v", l.key, ErrPanic, p)
		}
	}()
	return a.call(ctx)
}
