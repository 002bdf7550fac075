package person

import (
	"context"
	"fmt"
)

// lane bounds how many secrets are hashed at a time, and how many wait for it.
type lane struct{ places, waiting chan struct{} }

func newLane(places int) lane {
	return lane{make(chan struct{}, places), make(chan struct{}, hashersWaiting)}
}

// enter waits for a place to compute a hash in; with too many waiting it says so.
func (l lane) enter(ctx context.Context) (release func(), err error) {
	select {
	case l.waiting <- struct{}{}:
		defer func() { <-l.waiting }()
	default:
		return nil, ErrBusy
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}
