package dialout

import (
	"context"
	"fmt"
	"time"
)

// AttemptTimeout is the deadline of one attempt by any channel; the Desk gives
// up waiting a minute after it.
const AttemptTimeout = 4 * time.Minute

// Several is a channel that takes more than one message at a time because it
// orders their parts itself: a modem sends everybody's first part before
// anybody's second. AtOnce is at least 1 and never changes.
type Several interface{ AtOnce() int }

// Result is told what became of one attempt, by the runner's goroutine: err is
// nil when the channel took the message. It must not block.
type Result func(m Message, r Receipt, retry bool, err error)

type outcome struct {
	m     Message
	r     Receipt
	retry bool
	err   error
}

// Run works one channel until ctx ends: it takes messages from queue, the most
// urgent and then the oldest first, makes one attempt at each within
// AttemptTimeout and tells result. It holds at most 32 waiting messages, then
// leaves the rest in queue; the Desk hands out no more than eight. It returns
// when ctx has ended and the last attempt has come back.
func Run(ctx context.Context, name string, ch Channel, queue <-chan Message, result Result) {
	limit := 1
	if s, ok := ch.(Several); ok {
		limit = max(1, s.AtOnce())
	}
	done := make(chan outcome)
	var waiting []Message
	busy := 0
	for ctx.Err() == nil || busy > 0 {
		for busy < limit && len(waiting) > 0 && ctx.Err() == nil {
			i := mostUrgent(waiting)
			m := waiting[i]
			waiting = append(waiting[:i], waiting[i+1:]...)
			busy++
			go func() { done <- attempt(ctx, name, ch, m) }()
		}
		in, end := queue, ctx.Done()
		if len(waiting) >= 32 || ctx.Err() != nil {
			in = nil
		}
		if ctx.Err() != nil {
			end = nil
		}
		select {
		case m, open := <-in:
			if !open {
				queue = nil
				continue
			}
			waiting = append(waiting, m)
		case o := <-done:
			busy--
			result(o.m, o.r, o.retry, o.err)
		case <-end:
		}
	}
}

// attempt is one Send; a driver that panics has failed, and may be tried again.
func attempt(ctx context.Context, name string, ch Channel, m Message) (o outcome) {
	ctx, cancel := context.WithTimeout(ctx, AttemptTimeout)
	defer cancel()
	o.m = m
	defer func() {
		if p := recover(); p != nil {
			o.retry, o.err = true, fmt.Errorf("channel %s: send %s: driver failed: %v", name, m.ID, p)
		}
	}()
	o.r, o.retry, o.err = ch.Send(ctx, m)
	return o
}

func mostUrgent(list []Message) (best int) {
	for i, m := range list {
		if m.Priority < list[best].Priority {
			best = i
		}
	}
	return best
}
