package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Do hands the command to the engine and waits for its answer or for ctx. A nil
// answer means that it was carried out and stands in the journal's queue.
func (e *Engine) Do(ctx context.Context, c Command) error {
	answer := make(chan error, 1)
	e.post(func() {
		if err := e.obey(c); err != nil || c.Target != alarm.Every {
			answer <- err
			return
		}
		e.sweepers = append(e.sweepers, answer) // there is more to do than one item may take
	})
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s %s: %w", c.Verb, c.Target, ctx.Err())
	}
}

// answerSweepers answers those who gave an order for all alarms once no such order
// is under way.
func (e *Engine) answerSweepers() {
	if e.Alarms.Sweeping() {
		return
	}
	for _, answer := range e.sweepers {
		answer <- nil
	}
	e.sweepers = nil
}

// Send hands over a command without waiting for its answer. Never blocks.
func (e *Engine) Send(c Command) { e.post(func() { _ = e.obey(c) }) }

// obey carries out one command. Engine's goroutine.
func (e *Engine) obey(c Command) error {
	now := e.clock()
	e.dirty, e.replan = true, true
	if engineers[c.Verb] {
		if err := e.Panel.Permit(zone.Work{Verb: string(c.Verb), Target: c.Target, Actor: c.Actor}); err != nil {
			return err
		}
	}
	do, known := deeds[c.Verb]
	if !known {
		return fmt.Errorf("%s: %w", c.Verb, ErrUnknownVerb)
	}
	return do(e, now, c)
}

// engineers are the orders that need a user's consent where the site asks for it.
// What makes the guard stronger again (unbypass, in-service) needs none.
var engineers = map[Verb]bool{Bypass: true, WalkTest: true, OutOfService: true, LampTest: true, Execute: true, TeamHand: true, Service: true, Simulate: true}

// deed carries out one verb. Engine's goroutine.
type deed = func(e *Engine, now point.Instant, c Command) error

var deeds = map[Verb]deed{
	Acknowledge: (*Engine).tend, Silence: (*Engine).tend, Reset: (*Engine).tend,
	Shelve: func(e *Engine, now point.Instant, c Command) error {
		return e.Alarms.Shelve(now, c.Target, c.Until, c.Actor, c.Comment)
	},
	Unshelve: func(e *Engine, now point.Instant, c Command) error { return e.Alarms.Unshelve(now, c.Target, c.Actor) },
	OutOfService: func(e *Engine, now point.Instant, c Command) error {
		return e.Alarms.OutOfService(now, c.Target, c.Until, c.Actor, c.Second, c.Comment)
	},
	InService: func(e *Engine, now point.Instant, c Command) error { return e.Alarms.InService(now, c.Target, c.Actor) },
	Arm:       (*Engine).panelOrder, ForceArm: (*Engine).panelOrder, Disarm: (*Engine).panelOrder,
	Bypass: (*Engine).panelOrder, Unbypass: (*Engine).panelOrder, WalkTest: (*Engine).panelOrder, EndWalk: (*Engine).panelOrder,
	Consent: (*Engine).panelOrder, EndConsent: (*Engine).panelOrder,
	Service:  func(*Engine, point.Instant, Command) error { return nil }, // the consent is all that it needs
	Forgive:  func(e *Engine, now point.Instant, c Command) error { return e.Panel.Forgive(now, c.Target, c.Actor) },
	LampTest: (*Engine).testLamps,
	Execute:  (*Engine).execute,
	TeamHand: (*Engine).release, TeamAuto: (*Engine).release,
	Simulate: (*Engine).simulate, EndSimulate: (*Engine).endSimulation,
	TestItem: (*Engine).commission, CancelItem: (*Engine).commission, PassItem: (*Engine).commission, FailItem: (*Engine).commission,
	AttachPhoto: (*Engine).commission,
}

// tend acknowledges, silences or resets one alarm, or all. An order for all is one
// record of its own, in one batch with what is retained of it: it is carried out
// afterwards, piece by piece, and after a power cut too.
func (e *Engine) tend(now point.Instant, c Command) error {
	target := c.audible()
	var err error
	switch c.Verb {
	case Acknowledge:
		err = e.Alarms.Acknowledge(now, target, c.Occurrence, c.Actor, c.Comment)
	case Silence:
		err = e.Alarms.Silence(now, target, c.Occurrence, c.Actor)
	case Reset:
		err = e.Alarms.Reset(now, target, c.Occurrence, c.Actor)
	}
	if err != nil || c.Target != alarm.Every {
		return err
	}
	detail, _ := json.Marshal(Detail{Comment: c.Comment}) // a text cannot fail
	what := ofAll[c.Verb]
	e.record(now, []event.Record{{Type: event.AlarmsOrdered, Subject: alarm.Every, Actor: c.Actor, Text: what, Detail: detail}}, nil)
	return nil
}

var ofAll = map[Verb]point.Words{
	Acknowledge: {Zh: "确认当时的全部报警", En: "Acknowledge every alarm that stood then"},
	Silence:     {Zh: "当时的全部报警消音", En: "Silence every alarm that stood then"},
	Reset:       {Zh: "复位当时的全部报警", En: "Reset every alarm that stood then"},
}

// audible is the target, with silent alarms left out of all for a blind actor.
func (c Command) audible() string {
	if c.Blind && c.Target == alarm.Every {
		return alarm.EveryAudible
	}
	return c.Target
}

func (e *Engine) panelOrder(now point.Instant, c Command) error {
	return e.Panel.Command(now, zone.Order{Verb: string(c.Verb), Target: c.Target, Mode: c.Mode, Actor: c.Actor, Coded: c.Coded, Duress: c.Duress,
		Reason: c.Comment, For: c.For, Alone: c.Alone})
}

func (e *Engine) testLamps(now point.Instant, c Command) error {
	e.Plan.LampTest(now)
	e.record(now, []event.Record{{Type: event.LampTest, Actor: c.Actor,
		Text: point.Words{Zh: "灯检：全部灯亮三秒，蜂鸣一声", En: "Lamp test: all lamps for three seconds, one chirp"}}}, nil)
	return nil
}

func (e *Engine) release(now point.Instant, c Command) error {
	group, unit, _ := strings.Cut(c.Target, "/")
	return e.Teams.Release(now, group, unit, c.Verb == TeamHand, c.Actor)
}
