package engine

import (
	"context"
	"fmt"

	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Select is the first step of a person's write: it answers with what would
// change. c carries Target, Value, Actor and, in Comment, the reason. Waits for
// the engine or for ctx.
func (e *Engine) Select(ctx context.Context, c Command) (command.Selection, error) {
	type answer struct {
		s   command.Selection
		err error
	}
	got := make(chan answer, 1)
	e.post(func() {
		s, err := e.choose(e.clock(), c)
		got <- answer{s, err}
	})
	select {
	case a := <-got:
		return a.s, a.err
	case <-ctx.Done():
		return command.Selection{}, fmt.Errorf("select %s: %w", c.Target, ctx.Err())
	}
}

func (e *Engine) choose(now point.Instant, c Command) (command.Selection, error) {
	if err := e.Panel.Permit(zone.Work{Verb: "write", Target: c.Target, Actor: c.Actor}); err != nil {
		return command.Selection{}, err
	}
	if err := e.mayWrite(c.Target); err != nil {
		return command.Selection{}, err
	}
	entry, _ := e.Table.Get(point.Name(c.Target))
	e.dirty = true
	return e.Commands.Select(now, entry.Point, entry.Last, c.Value, c.Actor, c.Comment)
}

// execute is the second step.
func (e *Engine) execute(now point.Instant, c Command) error {
	if err := e.mayWrite(c.Target); err != nil {
		return err
	}
	if err := e.Commands.Execute(now, point.Name(c.Target), c.Selection, c.Actor); err != nil {
		return err
	}
	e.Teams.Hand(now, point.Name(c.Target), c.Actor)
	return nil
}

// mayWrite refuses what does not exist, what belongs to the alarms (nobody
// switches a siren off past them), and a door's strike: it would stay released,
// and nobody would be recorded.
func (e *Engine) mayWrite(target string) error {
	p := point.Name(target)
	if e.Plan.Drives(p) {
		return &command.Refusal{Point: p, Why: point.Words{Zh: "由报警联动驱动，请对报警消音或复位", En: "an annunciator drives this output; silence or reset the alarm instead"}}
	}
	if door := e.Panel.Strikes(p); door != "" {
		return &command.Refusal{Point: p, Why: point.Words{Zh: "这是门 " + door + " 的锁，只由刷卡放行", En: "it is the strike of door " + door + ", which only a card releases"}}
	}
	if _, known := e.Table.Get(p); !known {
		return &command.Refusal{Point: p, Why: point.Words{Zh: "没有这个点", En: "no such point"}}
	}
	return nil
}

// writable is the point of that name; nil when there is none that a person may
// write to.
func (e *Engine) writable(p point.Name) *point.Point {
	if e.mayWrite(string(p)) != nil {
		return nil
	}
	return e.describe(p)
}

// describe is the point of that name; nil when there is none.
func (e *Engine) describe(p point.Name) *point.Point {
	entry, known := e.Table.Get(p)
	if !known {
		return nil
	}
	return entry.Point
}

// Answered tells how a write ended, and when by the clock of the box: only what
// is read later shows whether it was obeyed. Never blocks.
func (e *Engine) Answered(p point.Name, v point.Value, at point.Instant, err error) {
	e.post(func() {
		e.dirty = true
		e.Commands.Answered(e.clock(), p, v, at, err)
	})
}

// issue sends the commands on their way, those of teams first, and tells the
// alarms who disobeys; the records are for the journal.
func (e *Engine) issue(now point.Instant) []event.Record {
	orders, told, doubts := e.Teams.Take()
	for _, o := range orders {
		if entry, known := e.Table.Get(o.Point); known {
			// A refusal shows as a state that does not follow.
			_ = e.Commands.Issue(now, entry.Point, entry.Last, point.OfBool(o.On), "box", o.Reason.Zh+" · "+o.Reason.En)
		}
	}
	writes, records, signals := e.Commands.Take()
	records, signals = append(told, records...), append(doubts, signals...)
	for _, w := range writes {
		e.outlet.Write(w.Point, w.Value)
		e.Checklist.Level(now, w.Point, w.Value.Truth())
	}
	for _, s := range signals {
		e.Alarms.Signal(now, s)
	}
	return records
}
