package alarm

import (
	"math"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Tick runs the timers that are due. Call it when Next is reached; more often
// does no harm.
func (m *Machine) Tick(now point.Instant) { m.TickSome(now, math.MaxInt) }

// TickSome is a Tick that stops once so many changes wait to be taken; true when
// it did, and more is due.
func (m *Machine) TickSome(now point.Instant, changes int) (more bool) {
	m.ensure(now)
	if m.sweepSome(now, changes) {
		return true
	}
	for len(m.table) > 0 && m.table[0].at <= now.Mono {
		if len(m.changes) >= changes {
			return true
		}
		l := m.table[0]
		m.tick(now, l)
		m.schedule(l)
		m.ponder(now, l)
	}
	m.endAside(now)
	m.endFlood(now)
	return false
}

func (m *Machine) tick(now point.Instant, l *life) {
	if l.shelfEnd <= now.Mono {
		m.unshelve(now, l, box, "")
	}
	if l.removedEnd <= now.Mono {
		m.inService(now, l, box, "")
	}
	if l.aged <= now.Mono {
		m.grow(now, l)
	}
	if l.quiet <= now.Mono {
		m.calm(now, l)
	}
	if l.rule != nil {
		m.wait(now, l.rule)
	}
	if l.design.release <= now.Mono && !l.unsure {
		m.unsuppress(now, l)
	}
	m.fire(now, l)
	if l.resound <= now.Mono {
		m.soundAgain(now, l)
	}
}

// soundAgain: nobody has acknowledged for so long; the noise begins anew. A
// alarm that is put aside stays quiet.
func (m *Machine) soundAgain(now point.Instant, l *life) {
	l.resound = point.Never
	if l.Aside() {
		l.arm(now)
		return
	}
	m.again(now, l)
	m.emit(now, l, event.AlarmResounded, box, "")
}

// Next is the monotonic time of the next timer, or point.Never.
func (m *Machine) Next() time.Duration {
	if m.Sweeping() {
		return 0
	}
	if len(m.table) == 0 {
		return m.flood.due
	}
	return min(m.table[0].at, m.flood.due)
}
