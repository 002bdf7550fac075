package app

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/person"
	"watchbox/firmware/store"
)

const (
	// storePatience is how long the start waits for the store: as long as a journal
	// that runs may stand still. Then the box guards without it, and says so.
	storePatience = 5 * time.Second
	// A store that failed to open is tried again, later and later.
	firstRetry, lastRetry = time.Second, 30 * time.Second
)

// opened is what became of one attempt to open the store, with all that is read
// of it before it comes into use.
type opened struct {
	store    *store.Store
	report   store.OpenReport
	retained map[string][]byte
	people   *person.People
	err      error
}

// openStore opens the store in a goroutine of its own: a disk that hangs leaves
// that one behind, and the box guards on. It answers each attempt, until one
// succeeded or ctx ends.
func (a *App) openStore(ctx context.Context) <-chan opened {
	answer := make(chan opened)
	go func() {
		for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
			o := a.attemptStore()
			select {
			case answer <- o:
			case <-ctx.Done():
				o.close()
				return
			}
			if o.err == nil {
				return
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
		}
	}()
	return answer
}

// attemptStore is one attempt. A store whose people or whose state cannot be read is
// not in use: nobody may take it for one that has none.
func (a *App) attemptStore() (o opened) {
	open := a.options.open
	if open == nil {
		open = store.Open
	}
	if o.store, o.report, o.err = open(a.options.DataDir, store.Options{Now: a.clock}); o.err != nil {
		return o
	}
	a.restoreStore(o.store)
	if o.retained, o.err = o.store.Retained(context.Background()); o.err == nil {
		o.people, o.err = person.New(o.store, func() time.Time { return a.clock().Wall }, person.Iterations)
	}
	if o.err != nil {
		o.close()
	}
	return o
}

func (o opened) close() {
	if o.store != nil {
		o.store.Close()
	}
}

// awaitStore takes the store into use. The error says that the first attempt failed
// or takes too long: the box begins without it.
func (a *App) awaitStore(ctx context.Context, answer <-chan opened, down *stack) error {
	select {
	case o := <-answer:
		if o.err == nil {
			a.adoptStore(down, o)
		}
		return o.err
	case <-time.After(storePatience):
	case <-ctx.Done():
	}
	return fmt.Errorf("store %s: the disk has not answered for %v", a.options.DataDir, storePatience)
}

// adoptLate takes a store into use that opens after the start. Blocks until it
// has, or until ctx ends: false then.
func (a *App) adoptLate(ctx context.Context, answer <-chan opened, down *stack) bool {
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return false
		case o := <-answer:
			if o.err == nil {
				err := a.alone(ctx, func() error { a.adoptStore(down, o); return nil })
				if err != nil {
					o.close()
				}
				return err == nil
			}
			if now := o.err.Error(); now != last {
				last = now
				a.log("store: %v: tried again", o.err)
			}
		}
	}
}
