package engine

import (
	"watchbox/firmware/annunciate"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Improvise is for a journal that does not open: from now on the recorder gets
// each record at once under the name of an epoch that no journal has, to be told
// unjournaled, and the record waits for its place in the journal all the same.
// Called once at most, before Identify. Never blocks.
func (e *Engine) Improvise(box, epoch string) {
	e.post(func() {
		e.numbering.makeshift = epoch
		e.identify(box, epoch, 1, nil)
	})
}

// Identify tells the engine whose journal it writes and which sequence is next,
// and merges the retained state of the last run. Called once, when the store is
// open. Never blocks.
func (e *Engine) Identify(box, epoch string, next uint64, retained map[string][]byte) {
	e.post(func() { e.identify(box, epoch, next, retained) })
}

func (e *Engine) identify(box, epoch string, next uint64, retained map[string][]byte) {
	n := &e.numbering
	used := max(n.next, 1) - 1
	n.box, n.epoch, n.first, n.next = box, epoch, next, next+used
	e.Alarms.Number(n.final)
	e.Panel.Number(n.final)
	now := e.clock()
	e.Panel.Restore(now, retained)
	signals, records, _ := e.Panel.Take() // a restored panel opens no door
	for _, s := range signals {
		e.Alarms.Foresee(s)
	}
	e.Alarms.Restore(now, retained)
	e.tellWaiting(e.Alarms.Continued())
	for _, s := range signals {
		e.Alarms.Signal(now, s)
	}
	e.letRest(now)
	e.Commands.Restore(now, retained, e.describe)
	e.Teams.Restore(now, retained)
	e.Simulations.Restore(now, retained)
	e.Checklist.Restore(retained)
	e.record(now, records, nil)
	e.dirty, e.replan = true, true
}

// letRest lets outputs be driven off: at once when the journal has told what the
// last run left, else when nothing of it can sound any more.
func (e *Engine) letRest(now point.Instant) {
	if e.numbering.improvised() {
		e.settles = now.Mono + annunciate.Leftover
		return
	}
	e.settled = true
	e.Plan.Settle(now)
}

// tellWaiting hands over what waited for its numbers, in one batch with the
// retained state by the final ids: a kill between two would leave an alarm
// that is named by a number which means nothing in the next run.
// A raise that only continues what stood before the restart says so.
func (e *Engine) tellWaiting(continued map[event.ID]event.ID) {
	n, whole := &e.numbering, event.Batch{}
	if n.improvised() {
		for _, b := range n.waiting {
			e.lend(b)
		}
		return
	}
	for _, b := range n.waiting {
		for _, r := range b.Records {
			r.ID, r.Origin = n.final(r.ID), n.final(r.Origin)
			if before, goesOn := continued[r.Origin]; goesOn {
				r.Origin = before
			}
			if _, goesOn := continued[r.ID]; goesOn && r.Type == event.AlarmRaised {
				r.Type = event.AlarmContinued
			}
			whole.Records = append(whole.Records, r)
		}
		whole.Retained = append(whole.Retained, b.Retained...)
		whole.Decisions = append(whole.Decisions, b.Decisions...)
	}
	n.waiting = nil
	whole.Retained = append(whole.Retained, e.Alarms.Retained()...)
	if !whole.Empty() {
		e.recorder.Record(whole)
	}
}

// waitingLimit bounds what is kept until the journal is open, which takes
// milliseconds on a sound disk; beyond it the oldest records go and their numbers
// stay a gap. Retained state stays, the newest per key.
const waitingLimit = 1024

func (e *Engine) hand(b event.Batch) {
	n := &e.numbering
	if n.epoch != "" && !n.improvised() {
		e.recorder.Record(b)
		return
	}
	if n.improvised() {
		e.lend(b)
	}
	if n.waiting = append(n.waiting, b); len(n.waiting) > waitingLimit {
		n.waiting[1].Retained = newest(n.waiting[0].Retained, n.waiting[1].Retained)
		n.waiting = n.waiting[1:]
	}
}

// lend shows the recorder what will come again by its final name.
func (e *Engine) lend(b event.Batch) {
	if len(b.Records) == 0 {
		return
	}
	shown := event.Batch{Makeshift: true}
	for _, r := range b.Records {
		r.ID, r.Origin = e.numbering.final(r.ID), e.numbering.final(r.Origin)
		shown.Records = append(shown.Records, r)
	}
	e.recorder.Record(shown)
}

// newest is both, without what old says of a key that young has too.
func newest(old, young []event.Retained) []event.Retained {
	said := map[string]bool{}
	for _, r := range young {
		said[r.Key] = true
	}
	var list []event.Retained
	for _, r := range old {
		if !said[r.Key] {
			list = append(list, r)
		}
	}
	return append(list, young...)
}
