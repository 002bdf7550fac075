package app

import (
	"context"
	"time"

	"watchbox/firmware/store"
)

// opened is what became of opening the store.
type opened struct {
	store  *store.Store
	report store.OpenReport
	err    error
}

// openStore opens the store in a goroutine of its own: a disk that hangs leaves
// that one behind, and the box guards on.
func (a *App) openStore() <-chan opened {
	answer := make(chan opened, 1)
	go func() {
		s, r, err := store.Open(a.options.DataDir, store.Options{Now: a.clock})
		answer <- opened{s, r, err}
	}()
	return answer
}

// awaitStore waits for the store and takes it into use; false when it has not
// answered within patience.
func (a *App) awaitStore(ctx context.Context, down *stack, answer <-chan opened, f Fittings, patience time.Duration) bool {
	select {
	case o := <-answer:
		if o.err != nil {
			a.withoutStore(o.err)
		} else {
			a.adoptStore(down, f, o)
		}
		return true
	case <-time.After(patience):
	case <-ctx.Done():
	}
	return false
}

// closeLate closes a store that opens when nobody waits for it any more.
func closeLate(answer <-chan opened) {
	if o := <-answer; o.store != nil {
		o.store.Close()
	}
}
