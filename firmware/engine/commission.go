package engine

import (
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

// valueOf is what a point reads; nothing when that is not known.
func (e *Engine) valueOf(n point.Name) point.Value {
	entry, _ := e.Table.Get(n)
	return entry.Last.Value
}

// checked are the records of simulations and of the checklist.
func (e *Engine) checked() []event.Record {
	return append(e.Simulations.Take(), e.Checklist.Take()...)
}
