package engine

import (
	"context"
	"fmt"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// commission carries out an order for one item of the checklist.
func (e *Engine) commission(now point.Instant, c Command) error {
	switch c.Verb {
	case TestItem:
		return e.Checklist.Begin(now, c.Target, c.Actor, e.valueOf)
	case CancelItem:
		return e.Checklist.Cancel(c.Target)
	case AttachPhoto:
		return e.Checklist.Attach(now, c.Target, c.Actor, c.Selection)
	}
	return e.Checklist.Sign(now, c.Target, c.Actor, c.Verb == PassItem, c.Comment)
}

// Photos are the names of the checklist's pictures: of its items, and of items that
// were signed and are in no site file now. Waits for the engine or for ctx.
func (e *Engine) Photos(ctx context.Context) (here, gone []string, err error) {
	got := make(chan [2][]string, 1)
	e.post(func() {
		here, gone := e.Checklist.Photos()
		got <- [2][]string{here, gone}
	})
	select {
	case a := <-got:
		return a[0], a[1], nil
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("pictures of the checklist: %w", ctx.Err())
	}
}

// valueOf is what a point reads; nothing when that is not known.
func (e *Engine) valueOf(n point.Name) point.Value {
	entry, _ := e.Table.Get(n)
	return entry.Last.Value
}

// checked are the records of simulations and of the checklist.
func (e *Engine) checked() []event.Record {
	return append(e.Simulations.Take(), e.Checklist.Take()...)
}
