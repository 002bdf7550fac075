package engine

import (
	"context"
	"time"

	"watchbox/firmware/point"
)

const (
	quantum     = time.Millisecond       // of second-inlet work between looks at the first
	handful     = 32                     // changes whose records and retained state are written in about a quantum
	viewPause   = 100 * time.Millisecond // between two views when only samples changed
	longestTurn = 50 * time.Millisecond  // then every machine gets its tick, whatever still waits
	longestNap  = 500 * time.Millisecond // the engine turns at least so often: the proof of progress
	staleSweep  = 64                     // points looked at per turn
)

// Run is the engine's life. It returns when ctx ends.
func (e *Engine) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		e.Turn()
		timer.Reset(e.Nap())
		select {
		case <-ctx.Done():
			e.Turn()
			return
		case <-e.in.wake:
		case <-timer.C:
		}
	}
}

// Turn does what waits now, for at most longestTurn, then ticks every machine:
// the single step. A flood of samples must not stop the timers. Only the
// engine's goroutine, or a test in place of Run, may call it.
func (e *Engine) Turn() {
	start := e.clock()
	e.turned.Store(int64(start.Mono))
	for e.behind = true; e.behind && e.clock().Since(start) < longestTurn; {
		e.behind = e.drainUrgent(start) || e.drainSamples()
	}
	now := e.clock()
	e.endDue(now)
	e.Table.Stale(now, staleSweep, e.apply)
	e.Panel.Tick(now)
	for e.Alarms.TickSome(now, handful) {
		e.settle(now)
		e.behind = e.drainUrgent(start) || e.behind
		if e.clock().Since(now) >= longestTurn {
			e.behind = true
			break
		}
	}
	e.answerSweepers()
	e.Teams.Tick(now)
	e.Commands.Tick(now)
	e.Checklist.Tick(now)
	e.settle(now)
	e.show(now)
	if e.dirty && (e.hurry || now.Since(e.View().At) >= viewPause) {
		e.publish(now)
	}
}

// drainUrgent empties the first inlet; each item reaches the outputs before the
// next one is looked at, all of them the readers after the turn. True when the
// turn that began at start was too short.
func (e *Engine) drainUrgent(start point.Instant) (more bool) {
	for {
		it, ok := e.in.takeUrgent()
		if !ok {
			return false
		}
		if it.call != nil {
			it.call()
		} else {
			e.apply(it.edge)
		}
		now := e.clock()
		e.settle(now)
		e.hurry = true
		if now.Since(start) >= longestTurn {
			return true
		}
	}
}

// drainSamples works on the second inlet for at most one quantum, or until a
// handful of changes wait for their records, then settles once: what these samples
// decide reaches the outputs together. It tells whether there may be more.
func (e *Engine) drainSamples() (more bool) {
	start := e.clock()
	now, any := start, false
	for !more {
		s, waits := e.in.takeSample()
		if !waits {
			break
		}
		e.apply(s)
		now, any = e.clock(), true
		more = now.Since(start) > quantum || e.Alarms.Pending() >= handful
	}
	if any {
		e.settle(now)
	}
	return more
}

// Nap is how long Run may sleep until something is due: zero while work waits, at
// most longestNap. For who calls Turn.
func (e *Engine) Nap() time.Duration {
	if e.behind {
		return 0
	}
	longest := longestNap
	if e.dirty {
		longest = viewPause
	}
	due := min(e.levelsAt, e.pictureAt, e.Alarms.Next(), e.Panel.Next(), e.Commands.Next(), e.Teams.Next(), e.Simulations.Next(), e.Checklist.Next())
	return min(max(due-e.clock().Mono, 0), longest)
}
