package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// writeLimit bounds the orders that wait for one bus or for the pool. When it is
// full a further one is refused at once: its issuer hears of it.
const writeLimit = 64

// writePatience is the time for a write whose caller set no deadline.
const writePatience = 2 * time.Second

// overdueLimit is how long a driver may take to come back once its time is up.
const overdueLimit = 250 * time.Millisecond

// order is one write on its way.
type order struct {
	m     *member
	item  string
	name  point.Name
	value point.Value
	until time.Time
	begun atomic.Bool // the driver has it
	done  chan error  // capacity 1: the lane never waits for the caller
}

func (o *order) patience() time.Duration { return max(0, time.Until(o.until)) }

// Write makes the point's device do as told. It goes before every read that
// waits for the same bus, so it waits for at most the one exchange under way; of a
// driver.Prompt it waits for nothing. It blocks until the device obeyed or refused, or ctx ends. The device gets the
// item without the device's own name, or the whole name when the point is named
// after something else. A write before Run waits for it: at the start the first
// alarm may be quicker than the scanner.
func (s *Scanner) Write(ctx context.Context, name point.Name, v point.Value) error {
	m := s.writerOf(name)
	if m == nil || m.writer == nil {
		return fmt.Errorf("write %s: no device takes it: %w", name, driver.ErrUnsupported)
	}
	o := &order{m: m, name: name, value: v, done: make(chan error, 1), until: time.Now().Add(writePatience)}
	if d, ok := ctx.Deadline(); ok {
		o.until = d
	}
	o.item = string(name)
	if rest, ok := strings.CutPrefix(string(name), m.id+"/"); ok {
		o.item = rest
	}
	if !s.awaitRun(ctx, o.patience()) {
		return fmt.Errorf("write %s: nothing runs yet: %w", name, driver.ErrDisconnect)
	}
	send := m.lane.post
	if m.prompt {
		send = m.lane.obey
	}
	if err := send(o); err != nil {
		return err
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return o.overdue()
	}
}

// overdue is what became of an order whose time is up. The driver that has it gives up
// at about the same moment and knows best; of one that does not come back nobody knows.
func (o *order) overdue() error {
	if !o.begun.Load() {
		return fmt.Errorf("write %s: waited for %s: %w", o.name, o.m.lane.key, driver.ErrTimeout)
	}
	select {
	case err := <-o.done:
		return err
	case <-time.After(overdueLimit):
		return fmt.Errorf("write %s: the driver did not come back: %w", o.name, driver.ErrUnsure)
	}
}

// awaitRun is true once Run has begun every goroutine.
func (s *Scanner) awaitRun(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-s.started:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

func (s *Scanner) writerOf(name point.Name) *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.writers[name]; m != nil {
		return m
	}
	return s.members[name.Device()]
}

// post queues an order.
func (l *lane) post(o *order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.admit(o, len(l.orders)); err != nil {
		return err
	}
	l.orders = append(l.orders, o)
	l.rouse()
	return nil
}

// admit refuses an order that cannot be carried out, or while so many wait. The
// lane's lock is held.
func (l *lane) admit(o *order, waiting int) error {
	switch {
	case l.ctx == nil || l.ctx.Err() != nil:
		return fmt.Errorf("write %s: %s does not run: %w", o.name, l.key, driver.ErrDisconnect)
	case !slices.Contains(l.members, o.m):
		return fmt.Errorf("write %s: device was removed", o.name)
	case waiting >= writeLimit:
		return fmt.Errorf("write %s: %d orders wait for %s already: %w", o.name, writeLimit, l.key, driver.ErrRefused)
	}
	return nil
}

// obey carries out an order beside the turn: a reading that hangs on one chip of the
// box must not keep the siren on another waiting.
func (l *lane) obey(o *order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch err := l.admit(o, o.m.writes); {
	case err != nil:
		return err
	case time.Now().Before(o.m.rest):
		return fmt.Errorf("write %s: %w a moment ago", o.name, ErrPanic)
	}
	o.m.writes++
	o.begun.Store(true)
	go func() {
		err := o.m.guarded(o.patience(), func(ctx context.Context) error { return o.m.writer.Write(ctx, o.item, o.value) })
		o.done <- err
		l.obeyed(o, err)
	}()
	return nil
}

func (l *lane) obeyed(o *order, err error) {
	l.mu.Lock()
	var v verdict
	if o.m.ctx.Err() == nil { // a call that was cut short says nothing
		v = o.m.wrote(o, err, time.Now())
	}
	l.mu.Unlock()
	if v.line != "" {
		o.m.scanner.log("%s", v.line)
	}
	o.m.announce()
	l.mu.Lock()
	o.m.writes-- // not earlier: whoever takes the device out waits for this
	l.idle.Broadcast()
	l.mu.Unlock()
	l.rouse() // it is read back soon
}

// nextOrder takes the first order whose device is free. Orders whose time is up
// and those for a driver that rests after a panic are answered here.
func (l *lane) nextOrder(now time.Time) *order {
	for i := 0; i < len(l.orders); i++ {
		o := l.orders[i]
		if o.m.busy {
			continue
		}
		l.orders = slices.Delete(l.orders, i, i+1)
		i--
		switch {
		case now.Before(o.m.rest):
			o.done <- fmt.Errorf("write %s: %w a moment ago", o.name, ErrPanic)
		case !now.Before(o.until):
			o.done <- fmt.Errorf("write %s: %s was busy: %w", o.name, l.key, driver.ErrTimeout)
		default:
			o.begun.Store(true)
			return o
		}
	}
	return nil
}

// refuse answers every order and every guest that still waits when the lane ends.
func (l *lane) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.orders {
		o.done <- fmt.Errorf("write %s: %s has stopped: %w", o.name, l.key, driver.ErrDisconnect)
	}
	for _, a := range l.asks {
		a.done <- ErrNoTurn
	}
	l.orders, l.asks = nil, nil
}

// onlyWritten is true for a device that nothing is read from: its writes are
// the only sign of its health.
func (m *member) onlyWritten() bool { return len(m.blocks) == 0 && m.watcher == nil }

// wrote judges a write. Its point is read back soon. A failed write is the
// issuer's to hear of; for a device that can only be written to it is a trouble.
func (m *member) wrote(o *order, err error, now time.Time) verdict {
	if errors.Is(err, ErrPanic) {
		m.rest = now.Add(panicRest)
	}
	if err == nil || errors.Is(err, driver.ErrUnsure) {
		m.readBack(o.name, now)
	}
	if err != nil {
		m.failed++
		if m.onlyWritten() {
			m.writeErr, m.lastErr = err, err
		}
		return verdict{line: m.thin.failed(m.id, fmt.Errorf("write %s: %w", o.name, err))}
	}
	if m.onlyWritten() {
		m.writeErr, m.spoke, m.good = nil, true, m.scanner.clock()
		return verdict{line: m.thin.recovered(m.id)}
	}
	return verdict{}
}

// readBack makes what shows whether the point obeyed due.
func (m *member) readBack(name point.Name, now time.Time) {
	for i := range m.blocks {
		if slices.Contains(m.blocks[i].Points, name) {
			m.blocks[i].due = now
		}
	}
}
