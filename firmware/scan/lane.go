package scan

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"
)

// turn is one thing to do on the wire: an order, or an attempt at a block.
type turn struct {
	m     *member
	order *order
	block int
}

// lane is a bus (width 1: the lane's goroutine makes the calls itself) or the
// pool (each call in a goroutine of its own, at most width at once).
type lane struct {
	scanner *Scanner
	key     string
	width   int
	wake    chan struct{} // capacity 1: look again
	turns   chan turn     // pool only: to a spare worker
	ctx     context.Context
	stop    context.CancelFunc

	mu       sync.Mutex
	idle     sync.Cond // a member is no longer busy
	members  []*member
	queue    memberHeap // pool only: those that are not busy, by time
	orders   []*order   // bounded by writeLimit
	inFlight int
	until    time.Time // when the lane looks again by itself
	spare    int       // pool only: workers that wait for a turn
	seats    int
	runs     turn // bus only: what runs now
	limit    time.Time

	asks    []*ask // bus only: of each guest bounded by askLimit
	hosting bool   // one of them runs
}

func newLane(s *Scanner, key string, width int) *lane {
	l := &lane{scanner: s, key: key, width: width, wake: make(chan struct{}, 1), turns: make(chan turn)}
	l.idle.L = &l.mu
	return l
}

func (l *lane) pooled() bool { return l.width > 1 }

// rouse makes the lane look again.
func (l *lane) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// join seats a member and places it in the schedule.
func (l *lane) join(m *member, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	early := time.Duration(0)
	if l.pooled() {
		early = earlySpread
	}
	m.begin(now, l.seats, early)
	l.seats += max(1, len(m.blocks))
	l.members = append(l.members, m)
	l.enqueue(m)
	l.rouse()
}

// leave takes a member out, answers its orders and waits for its running call.
func (l *lane) leave(m *member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, x := range l.members {
		if x == m {
			l.members = append(l.members[:i], l.members[i+1:]...)
			break
		}
	}
	if m.place >= 0 {
		heap.Remove(&l.queue, m.place)
	}
	kept := l.orders[:0]
	for _, o := range l.orders {
		if o.m != m {
			kept = append(kept, o)
			continue
		}
		o.done <- fmt.Errorf("write %s/%s: device was removed", m.id, o.item)
	}
	l.orders = kept
	for m.busy || m.writes > 0 {
		l.idle.Wait()
	}
}

func (l *lane) enqueue(m *member) {
	if !l.pooled() || m.ctx.Err() != nil {
		return
	}
	if m.at = m.nextAt(); m.at.Before(never) {
		heap.Push(&l.queue, m)
	}
}

// serve is the lane's goroutine.
func (l *lane) serve() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	for l.ctx.Err() == nil {
		t, at := l.next(time.Now())
		switch {
		case t.m != nil && l.pooled():
			select {
			case l.turns <- t:
			default:
				calls.Go(func() { l.worker(t) })
			}
			continue
		case t.m != nil:
			l.take(t)
			continue
		}
		a, at := l.nextAsk(time.Now(), at)
		if a != nil {
			l.host(a)
			continue
		}
		timer.Reset(min(time.Until(at), time.Hour))
		select {
		case <-l.ctx.Done():
		case <-l.wake:
		case <-timer.C:
		}
	}
	l.refuse()
}

// mostSpare bounds the workers that stay for the next turn; their stacks have
// grown to what a driver needs.
const mostSpare = 32

// worker takes turns of the pool until there are workers enough.
func (l *lane) worker(t turn) {
	for {
		l.take(t)
		l.mu.Lock()
		enough := l.spare >= mostSpare
		if !enough {
			l.spare++
		}
		l.mu.Unlock()
		if enough {
			return
		}
		select {
		case t = <-l.turns:
			l.mu.Lock()
			l.spare--
			l.mu.Unlock()
		case <-l.ctx.Done():
			return
		}
	}
}

// next picks the next turn, or says when to look again.
func (l *lane) next(now time.Time) (turn, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight >= l.width {
		l.until = never
		return turn{}, never
	}
	t, at := turn{order: l.nextOrder(now)}, never
	switch {
	case t.order != nil:
		t.m = t.order.m
		if t.m.place >= 0 {
			heap.Remove(&l.queue, t.m.place)
		}
	case l.pooled():
		t, at = l.nextPooled(now)
	default:
		t, at = l.nextOnBus(now)
	}
	if t.m != nil {
		t.m.busy = true
		l.inFlight++
		l.runs, l.limit = t, now.Add(t.timeout())
	}
	l.until = at
	return t, at
}

// nextOnBus looks at every block of every member: a bus has few.
func (l *lane) nextOnBus(now time.Time) (turn, time.Time) {
	var t turn
	at := never
	for _, m := range l.members {
		i := m.best(now)
		if i < 0 {
			if next := m.nextAt(); next.Before(at) {
				at = next
			}
			continue
		}
		if t.m == nil || m.blocks[i].before(&t.m.blocks[t.block], now) {
			t = turn{m: m, block: i}
		}
	}
	return t, at
}

// nextPooled takes the member that has waited longest.
func (l *lane) nextPooled(now time.Time) (turn, time.Time) {
	if len(l.queue) == 0 {
		return turn{}, never
	}
	if first := l.queue[0]; first.at.After(now) {
		return turn{}, first.at
	}
	m := heap.Pop(&l.queue).(*member)
	return turn{m: m, block: max(0, m.best(now))}, now
}

// memberHeap orders idle members by the time at which they want to be asked.
type memberHeap []*member

func (h memberHeap) Len() int           { return len(h) }
func (h memberHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h memberHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push and Pop are for package heap.
func (h *memberHeap) Push(x any) {
	m := x.(*member)
	m.place = len(*h)
	*h = append(*h, m)
}

// Pop removes the last element.
func (h *memberHeap) Pop() any {
	old := *h
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	m.place = -1
	return m
}
