package scan

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"watchbox/firmware/driver"
)

// ErrPanic is a driver that panicked.
var ErrPanic = errors.New("driver panicked")

// panicRest is how long a driver that panicked is left alone.
const panicRest = time.Minute

// timeout is the longest that the turn may take.
func (t turn) timeout() time.Duration {
	if t.order != nil {
		return t.order.patience()
	}
	return t.m.blocks[t.block].Timeout
}

// take makes the turn's one call, then judges its outcome.
func (l *lane) take(t turn) {
	began := time.Now()
	var err error
	probe := false
	if t.order != nil {
		err = t.m.guarded(t.timeout(), func(ctx context.Context) error {
			return t.m.writer.Write(ctx, t.order.item, t.order.value)
		})
		t.order.done <- err
	} else {
		probe, err = t.m.attempt(t.block)
	}
	now := time.Now()
	var v verdict
	l.mu.Lock()
	if t.m.ctx.Err() == nil { // a call that was cut short says nothing
		switch {
		case t.order != nil:
			v = t.m.wrote(t.order, err, now)
		case probe:
			v = t.m.probed(err, now, now.Sub(began))
		default:
			v = t.m.polledBlock(t.block, err, now, now.Sub(began))
		}
	}
	l.mu.Unlock()
	t.m.carryOut(v)
	l.mu.Lock()
	t.m.busy = false
	l.inFlight--
	l.runs = turn{}
	l.enqueue(t.m)
	l.idle.Broadcast()
	if l.pooled() && (l.inFlight == l.width-1 || len(l.orders) > 0 || t.m.at.Before(l.until)) {
		l.rouse() // else the lane wakes in time by itself
	}
	l.mu.Unlock()
}

// attempt polls the block, or probes a dead device in the cheapest way it has.
func (m *member) attempt(i int) (probe bool, err error) {
	m.got = m.got[:0]
	limit := m.blocks[i].Timeout
	if m.dead && m.prober != nil {
		return true, m.guarded(limit, m.prober.Probe)
	}
	return false, m.guarded(limit, func(ctx context.Context) error { return m.poller.Poll(ctx, i, m.emit) })
}

// guarded makes one call within the limit; a panic becomes an error.
func (m *member) guarded(limit time.Duration, call func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(m.ctx, limit)
	defer cancel()
	defer m.catch(&err)
	return call(ctx)
}

// catch turns a panic of the driver into an error and tells where it was.
func (m *member) catch(err *error) {
	if p := recover(); p != nil {
		m.scanner.log("device %s: driver panicked: %v\n%s", m.id, p, debug.Stack())
		*err = fmt.Errorf("device %s: %w: %v", m.id, ErrPanic, p)
	}
}

// answered is true for a failure that proves the device to be alive.
func answered(err error) bool {
	return errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrNotPresent)
}
