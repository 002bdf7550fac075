package scan

import (
	"errors"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// The pauses between the probes of a dead device, and how many failures in a
// row without a sign of life make one.
const (
	firstPause = 10 * time.Second
	lastPause  = time.Minute
	deadAfter  = 3
)

// verdict is what is to be told after a call, outside the lane's lock.
type verdict struct {
	mark   []point.Name // these turn bad
	reason point.Reason
	line   string // for the log
}

// carryOut tells the box what the verdict says.
func (m *member) carryOut(v verdict) {
	m.mark(v.mark, m.got, v.reason)
	if v.line != "" {
		m.scanner.log("%s", v.line)
	}
	m.announce()
}

// polledBlock judges an attempt at a block. The lane's lock is held.
func (m *member) polledBlock(i int, err error, now time.Time, took time.Duration) verdict {
	b := &m.blocks[i]
	m.polls++
	b.advance(now)
	if err != nil {
		return m.failedBlock(b, err, now, took)
	}
	b.cost += (took - b.cost) / 4
	b.failures, b.bad, b.trouble, b.asked = 0, false, false, true
	m.polled, m.good = true, m.scanner.clock()
	m.alive(now)
	if wait := m.lane.stretch(m, b); wait > 0 {
		b.due = latest(b.due, now.Add(wait-took))
	}
	if m.inTrouble() {
		return verdict{}
	}
	m.lastErr = nil
	return verdict{line: m.thin.recovered(m.id)}
}

func (m *member) failedBlock(b *block, err error, now time.Time, took time.Duration) verdict {
	m.failed++
	b.failures++
	m.lastErr = err
	v := verdict{reason: driver.ReasonOf(err), line: m.thin.failed(m.id, err)}
	switch {
	case errors.Is(err, ErrPanic):
		m.rest = now.Add(panicRest)
		m.dead, m.probeAt = true, m.rest
		v.mark = m.condemn()
		return v
	case answered(err):
		m.alive(now)
		b.trouble = !errors.Is(err, driver.ErrNotPresent)
	default:
		b.cost += (took - b.cost) / 4
		b.trouble = true
		m.silent++
		if m.dead || m.silent >= deadAfter {
			m.die(err, now, took)
			v.mark = m.condemn()
			return v
		}
		if b.failures == 1 && !b.bad { // once more, at once
			b.trouble = false
			b.due = now
			return v
		}
	}
	b.bad, b.asked = true, true
	if n := b.failures - deadAfter; n >= 0 { // a block that never comes costs no more than a dead device
		b.later(now.Add(min(firstPause<<min(n, 3), lastPause)))
	}
	v.mark = b.Points
	return v
}

// probed judges the probe of a dead device.
func (m *member) probed(err error, now time.Time, took time.Duration) verdict {
	m.polls++
	if err == nil || answered(err) {
		m.alive(now)
		return verdict{}
	}
	m.failed++
	m.lastErr = err
	if errors.Is(err, ErrPanic) {
		m.rest = now.Add(panicRest)
	}
	m.die(err, now, took)
	return verdict{mark: m.condemn(), reason: driver.ReasonOf(err), line: m.thin.failed(m.id, err)}
}

// alive takes the device back into the schedule, and lets those that died of
// the same lost wire try at once. What failed while it was silent is tried once
// more soon: a block that is read every few minutes must not keep a device that
// answers in trouble for so long.
func (m *member) alive(now time.Time) {
	if m.silent > 0 && !m.dead {
		for i := range m.blocks {
			if b := &m.blocks[i]; b.bad && b.failures < deadAfter && b.due.After(now.Add(firstPause)) {
				b.due = now.Add(firstPause)
			}
		}
	}
	m.silent = 0
	if m.dead {
		m.dead, m.lost, m.pause, m.soon = false, false, 0, 0
		for i := range m.blocks {
			if b := &m.blocks[i]; b.bad {
				b.failures, b.due = 0, now
			}
		}
	}
	if m.lane.pooled() {
		return
	}
	for _, o := range m.lane.members {
		if o.dead && o.lost && o.probeAt.After(now) {
			o.probeAt = now
		}
	}
}

// die puts off the next probe: 10 s, 20 s, … 60 s, and so that the dead of a
// bus together take at most a twentieth of its time. A lost connection costs the
// wire nothing: it is tried each 10 s. When the wire is back, answers that come too
// late must not keep the device in trouble for half a minute: it takes as many of them
// as it took to call it dead.
func (m *member) die(err error, now time.Time, took time.Duration) {
	back := m.dead && m.lost
	m.dead = true
	m.lost = errors.Is(err, driver.ErrDisconnect)
	switch {
	case m.lost:
		m.soon = 0
	case back:
		m.soon = deadAfter
	}
	if m.soon = max(0, m.soon-1); m.soon > 0 {
		m.pause, m.probeAt = 0, now.Add(time.Second)
		return
	}
	m.pause = min(max(firstPause, 2*m.pause), lastPause)
	wait := m.pause
	if m.lost {
		wait = firstPause
	} else if !m.lane.pooled() {
		wait = max(wait, 20*took*time.Duration(m.lane.deadOnes()))
	}
	m.probeAt = now.Add(wait)
}

// condemn marks every block bad and gives their points.
func (m *member) condemn() []point.Name {
	for i := range m.blocks {
		m.blocks[i].bad, m.blocks[i].trouble, m.blocks[i].asked = true, true, true
	}
	return m.polledPoints()
}

// later puts the block off to its first moment not before t.
func (b *block) later(t time.Time) {
	if b.grid.Before(t) {
		b.advance(t)
	}
	b.due = b.grid
}

// inTrouble is true while a person should hear of the device.
func (m *member) inTrouble() bool {
	for i := range m.blocks {
		if m.blocks[i].trouble {
			return true
		}
	}
	return m.watchErr != nil || m.writeErr != nil
}

// wellKnown is true when enough was seen to call the device well.
func (m *member) wellKnown() bool {
	for i := range m.blocks {
		if !m.blocks[i].asked {
			return false
		}
	}
	return m.polled || m.spoke
}

// announce tells OnDevice when the device changed between well and in trouble.
func (m *member) announce() {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.lane.mu.Lock()
	now, err := unknown, m.lastErr
	switch {
	case m.inTrouble():
		now = inTrouble
	case m.wellKnown():
		now, err = well, nil
	}
	m.lane.mu.Unlock()
	if now == unknown || now == m.told {
		return
	}
	m.told = now
	m.scanner.onDevice(m.id, now == well, err)
}
