package scan

import (
	"math"
	"time"
)

// earlySpread is the time over which the first polls of pooled devices are
// spread, so that 300 devices do not start together and nobody waits a whole
// period for a first value. On a bus the wire itself spreads them.
const earlySpread = 5 * time.Second

// begin places the member's blocks in time: the first attempt soon, later ones
// on a grid whose phase differs from member to member. seat counts up per lane.
func (m *member) begin(now time.Time, seat int, early time.Duration) {
	for i := range m.blocks {
		b := &m.blocks[i]
		_, part := math.Modf(float64(seat+i) * math.Phi)
		b.due = now.Add(time.Duration(part * float64(min(early, b.Period))))
		b.grid = now.Add(time.Duration(part * float64(b.Period)))
		if b.grid.Sub(b.due) < b.Period/2 {
			b.grid = b.grid.Add(b.Period)
		}
	}
}

// advance moves the block to its next moment after now: what was missed is
// skipped, the phase stays. That is a fixed rate without drift and without a
// burst after a stall.
func (b *block) advance(now time.Time) {
	if late := now.Sub(b.grid); late >= 0 {
		b.grid = b.grid.Add((late/b.Period + 1) * b.Period)
	}
	b.due = b.grid
}

// rank is the block's priority, raised by one for each whole period that it is
// late: a full bus delays statistics first but starves nobody.
func (b *block) rank(now time.Time) int {
	return max(0, b.Priority-int(now.Sub(b.due)/b.Period))
}

// never lies beyond any schedule.
var never = time.Unix(1<<40, 0)

// nextAt is when the member wants the wire next.
func (m *member) nextAt() time.Time {
	at := never
	switch {
	case len(m.blocks) == 0:
		return never
	case m.dead:
		at = m.probeAt
	default:
		for i := range m.blocks {
			if m.blocks[i].due.Before(at) {
				at = m.blocks[i].due
			}
		}
	}
	if at.Before(m.rest) {
		return m.rest
	}
	return at
}

// best is the block to ask now, -1 when none is due. For a dead member it is
// the first block: its probe.
func (m *member) best(now time.Time) int {
	if len(m.blocks) == 0 || now.Before(m.rest) {
		return -1
	}
	if m.dead {
		if now.Before(m.probeAt) {
			return -1
		}
		return 0
	}
	found := -1
	for i := range m.blocks {
		b := &m.blocks[i]
		if !b.due.After(now) && (found < 0 || b.before(&m.blocks[found], now)) {
			found = i
		}
	}
	return found
}

// before tells whether b goes first of two blocks that are due.
func (b *block) before(o *block, now time.Time) bool {
	if r, s := b.rank(now), o.rank(now); r != s {
		return r < s
	}
	return b.due.Before(o.due)
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
