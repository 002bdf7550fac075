package scan

import (
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// The pauses before a watcher is started again, and how long it must run to be
// taken for well when its wire has nothing to say.
const (
	firstRestart = time.Second
	lastRestart  = 30 * time.Second
	settled      = 2 * time.Second
)

// watch is a watcher's goroutine: it calls Watch again after each loss.
func (s *Scanner) watch(m *member) {
	pause := firstRestart
	for m.ctx.Err() == nil {
		began := time.Now()
		err := m.watchOnce()
		if m.ctx.Err() != nil {
			return
		}
		m.watchLost(err)
		if time.Since(began) > lastRestart {
			pause = firstRestart
		}
		wait := pause
		if errors.Is(err, ErrPanic) {
			wait = panicRest
		}
		timer := time.NewTimer(wait)
		select {
		case <-m.ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, lastRestart)
	}
}

// watchOnce runs Watch until it returns.
func (m *member) watchOnce() (err error) {
	defer m.catch(&err)
	calm := time.AfterFunc(settled, m.watchAlive)
	defer calm.Stop()
	heard := false
	err = m.watcher.Watch(m.ctx, func(s point.Sample) {
		m.pass(s)
		if !heard {
			heard = true
			m.watchAlive()
		}
	})
	if err == nil {
		err = fmt.Errorf("device %s: watch ended by itself: %w", m.id, driver.ErrDisconnect)
	}
	return err
}

// watchAlive notes that the wire speaks again.
func (m *member) watchAlive() {
	m.lane.mu.Lock()
	if m.ctx.Err() != nil {
		m.lane.mu.Unlock()
		return
	}
	m.watchErr, m.spoke = nil, true
	m.good = m.scanner.clock()
	var v verdict
	if !m.inTrouble() {
		m.lastErr = nil
		v.line = m.thin.recovered(m.id)
	}
	m.lane.mu.Unlock()
	m.tell(v)
}

// watchLost marks the points that only the watcher gives.
func (m *member) watchLost(err error) {
	m.lane.mu.Lock()
	m.failed++
	m.watchErr, m.lastErr, m.spoke = err, err, false
	line := m.thin.failed(m.id, err)
	m.lane.mu.Unlock()
	m.mark(m.watched, nil, point.CommFailure)
	m.tell(verdict{line: line})
}

// tell is carryOut for the watcher's goroutine: it leaves got alone.
func (m *member) tell(v verdict) {
	if v.line != "" {
		m.scanner.log("%s", v.line)
	}
	m.announce()
}
