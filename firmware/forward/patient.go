package forward

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/event"
)

// diskTime is how long a call of the outbox may take before the runner goes on
// without it.
const diskTime = 5 * time.Second

var errDisk = errors.New("outbox does not answer")

// patient calls the outbox without ever being held up by it: a call that hangs
// goes on in the background, and until it has returned no other is made.
type patient struct {
	name string
	box  Outbox
	busy chan struct{} // closed when the call that hung has returned; nil: none hangs
}

type answer struct {
	items []Item
	err   error
}

func (p *patient) pending(ctx context.Context, limit int) ([]Item, error) {
	a := p.ask(ctx, func(ctx context.Context) answer {
		items, err := p.box.Pending(ctx, p.name, limit)
		return answer{items, err}
	})
	return a.items, a.err
}

func (p *patient) taken(ctx context.Context, rows []int64) error {
	return p.ask(ctx, func(ctx context.Context) answer { return answer{err: p.box.Taken(ctx, p.name, rows)} }).err
}

func (p *patient) ask(ctx context.Context, call func(context.Context) answer) answer {
	if p.busy != nil {
		select {
		case <-p.busy:
			p.busy = nil
		default:
			return answer{err: fmt.Errorf("%w: an earlier call still hangs", errDisk)}
		}
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), diskTime)
	got, done := make(chan answer, 1), make(chan struct{})
	go func() {
		defer cancel()
		defer close(done)
		got <- call(limited)
	}()
	// A little longer than the call itself may take: an outbox that keeps to its
	// deadline is not one that hangs.
	late := time.NewTimer(diskTime + time.Second)
	defer late.Stop()
	select {
	case a := <-got:
		return a
	case <-late.C:
	case <-ctx.Done():
		late.Reset(time.Second) // the box stops: a healthy disk needs no longer
		select {
		case a := <-got:
			return a
		case <-late.C:
		}
	}
	p.busy = done
	return answer{err: fmt.Errorf("%w within %v", errDisk, diskTime)}
}

// dropOne takes the oldest record that is not of an alarm out of the queue, or
// the oldest.
func dropOne(queue []event.Record) []event.Record {
	for i, r := range queue {
		if !strings.HasPrefix(string(r.Type), "alarm.") {
			return append(queue[:i], queue[i+1:]...)
		}
	}
	return queue[1:]
}
