package gpio

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"watchbox/firmware/driver"
)

// claim is one half of the device's lines, inputs or outputs: whether it was
// claimed once, and the turn to do it. The turn is a channel so that waiting for
// it ends with the caller's context.
type claim struct {
	turn   chan struct{} // holds one token while nobody claims
	held   *atomic.Bool
	claims []Claim
}

func newClaim() claim {
	c := claim{turn: make(chan struct{}, 1), held: new(atomic.Bool)}
	c.turn <- struct{}{}
	return c
}

// ensure claims the lines. A writer is content when that was done once: it
// waits for no attempt at a line that another needs; a reader, who comes by his
// schedule, tries those that are missing again.
func (d *Device) ensure(ctx context.Context, c *claim, again bool, take func(context.Context, []Claim) error) error {
	if c.held.Load() && !again {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	select {
	case <-c.turn:
	case <-ctx.Done():
		return fmt.Errorf("wait for lines: %w", class(ctx.Err()))
	}
	defer func() { c.turn <- struct{}{} }()
	if c.held.Load() && !again {
		return nil // somebody did it meanwhile
	}
	if err := take(ctx, c.claims); err != nil {
		return err
	}
	c.held.Store(true)
	return nil
}

// class wraps a context's end into the driver's class; other errors pass.
func class(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", driver.ErrTimeout, err)
	}
	return err
}

// until makes ctx's end the end of what w waits for; call what it returns
// when the wait is over.
func until(ctx context.Context, w interface{ SetDeadline(time.Time) error }) func() {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		w.SetDeadline(time.Unix(1, 0))
		close(over)
	})
	return func() {
		if !stop() {
			<-over // else it might strike the next wait
		}
		w.SetDeadline(time.Time{})
	}
}
