package bus

import (
	"sync"
	"time"
)

const (
	// halfSpan is half of what a report looks back on at least: it covers the
	// running half and the one before.
	halfSpan = 5 * time.Minute
	// mostSlaves bounds what is counted apart; a search asks more than there are.
	mostSlaves = 512
)

// Steps are the upper ends of the histogram's classes of turn-around; one more
// class is above the last.
var Steps = [...]time.Duration{2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// counts are what happened, to one slave or to all.
type counts struct {
	exchanges, answered, late, doubled, foreign, damaged, noise, silent uint64
	bytes                                                               uint64 // that came while nobody was asked
	ideal, busy                                                         time.Duration
	least                                                               time.Duration // turn-around
	turns                                                               [len(Steps) + 1]uint64
}

// half is one stretch of time.
type half struct {
	began  time.Time
	all    counts
	slaves map[Slave]*counts
}

// tally counts over two halves; the older goes when the newer is full.
type tally struct {
	counting sync.Mutex
	now      half
	before   half
}

// open is the half that now belongs to. The lock is held.
func (t *tally) open(now time.Time) *half {
	switch {
	case t.now.slaves == nil:
		t.now = half{began: now, slaves: map[Slave]*counts{}}
	case now.Sub(t.now.began) >= halfSpan:
		t.before = t.now
		t.now = half{began: now, slaves: map[Slave]*counts{}}
	}
	return &t.now
}

// of gives the slave's counters; nil when there are too many.
func (h *half) of(s Slave) *counts {
	c := h.slaves[s]
	if c == nil && len(h.slaves) < mostSlaves {
		c = &counts{}
		h.slaves[s] = c
	}
	return c
}

func (t *tally) add(now time.Time, o Outcome) {
	t.counting.Lock()
	defer t.counting.Unlock()
	h := t.open(now)
	h.all.take(o)
	if c := h.of(o.Slave); c != nil {
		c.take(o)
	}
}

func (c *counts) take(o Outcome) {
	c.exchanges++
	c.busy += o.Busy
	if o.Foreign {
		c.foreign++
	}
	switch o.End {
	case Answer:
		c.ideal += min(o.Ideal, o.Busy)
		c.turn(o.Turn)
		c.answered++
	case Late:
		c.silent++
		c.late++
	case Damaged:
		c.damaged++
	case Noise:
		c.noise++
	default:
		c.silent++
	}
}

func (c *counts) turn(d time.Duration) {
	if c.answered == 0 || d < c.least {
		c.least = d
	}
	i := 0
	for i < len(Steps) && d > Steps[i] {
		i++
	}
	c.turns[i]++
}

func (t *tally) between(now time.Time, s Slave, k Kind, bytes int) {
	t.counting.Lock()
	defer t.counting.Unlock()
	h := t.open(now)
	h.all.stray(k, bytes)
	if k != Doubled && k != Late {
		return
	}
	if c := h.of(s); c != nil {
		c.stray(k, bytes)
	}
}

func (c *counts) stray(k Kind, bytes int) {
	c.bytes += uint64(bytes)
	switch k {
	case Doubled:
		c.doubled++
	case Late:
		c.late++
	case Foreign:
		c.foreign++
	default:
		c.noise++
	}
}

// sum puts two stretches together; the lesser turn-around counts where there is one.
func (c counts) sum(o counts) counts {
	if o.answered > 0 && (c.answered == 0 || o.least < c.least) {
		c.least = o.least
	}
	c.exchanges, c.answered, c.late, c.doubled = c.exchanges+o.exchanges, c.answered+o.answered, c.late+o.late, c.doubled+o.doubled
	c.foreign, c.damaged, c.noise, c.silent = c.foreign+o.foreign, c.damaged+o.damaged, c.noise+o.noise, c.silent+o.silent
	c.bytes, c.ideal, c.busy = c.bytes+o.bytes, c.ideal+o.ideal, c.busy+o.busy
	for i := range c.turns {
		c.turns[i] += o.turns[i]
	}
	return c
}

// over is both halves together, without one that is too old: a wire that nobody
// asks any more has no health.
func (t *tally) over(now time.Time) (began time.Time, all counts, slaves map[Slave]counts) {
	t.counting.Lock()
	defer t.counting.Unlock()
	slaves = map[Slave]counts{}
	began = now
	for _, h := range []*half{&t.now, &t.before} {
		if h.slaves == nil || now.Sub(h.began) > 2*halfSpan {
			continue
		}
		all = all.sum(h.all)
		began = h.began
		for s, c := range h.slaves {
			slaves[s] = slaves[s].sum(*c)
		}
	}
	return began, all, slaves
}
