package modem

import (
	"context"
	"fmt"

	"watchbox/firmware/driver"
)

// turn is one piece of work for the watching goroutine.
type turn struct {
	priority, part int
	sequence       uint64
	ctx            context.Context
	run            func(context.Context, *session) error
	done           chan error // holds one
}

// take queues a turn and waits for its end.
func (m *Modem) take(ctx context.Context, priority, part int, run func(context.Context, *session) error) error {
	t := &turn{priority: priority, part: part, ctx: ctx, run: run, done: make(chan error, 1)}
	if err := m.queue(t); err != nil {
		return err
	}
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
	}
	if m.withdraw(t) {
		return fmt.Errorf("no turn in time: %w", driver.ErrTimeout)
	}
	return <-t.done // it runs; its commands end by ctx's deadline
}

func (m *Modem) queue(t *turn) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !m.watched && (m.tried || t.priority != healthTurn) {
		return errAway
	}
	if len(m.turns) >= turnsLimit {
		return fmt.Errorf("too many messages wait: %w", driver.ErrTimeout)
	}
	m.sequence++
	t.sequence = m.sequence
	m.turns = append(m.turns, t)
	return nil
}

// withdraw takes a turn back that has not begun.
func (m *Modem) withdraw(t *turn) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for i, o := range m.turns {
		if o == t {
			m.turns = append(m.turns[:i], m.turns[i+1:]...)
			return true
		}
	}
	return false
}

// next takes the turn that is first by priority, part and age.
func (m *Modem) next() *turn {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.turns) == 0 {
		return nil
	}
	best := 0
	for i, t := range m.turns {
		if t.before(m.turns[best]) {
			best = i
		}
	}
	t := m.turns[best]
	m.turns = append(m.turns[:best], m.turns[best+1:]...)
	return t
}

func (t *turn) before(o *turn) bool {
	switch {
	case t.priority != o.priority:
		return t.priority < o.priority
	case t.part != o.part:
		return t.part < o.part
	}
	return t.sequence < o.sequence
}
