package engine

import (
	"encoding/json"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// numbering gives records their place in the order. Until the journal is open
// nobody knows the next sequence: records get provisional numbers and wait.
type numbering struct {
	box, epoch string
	makeshift  string // the epoch of Improvise; "" without one
	first      uint64 // of this run; 0 before Identify
	next       uint64 // of the next record; before Identify counts provisionally from 1
	waiting    []event.Batch
}

// final is Final once the journal is open. Another part may tell of an
// occurrence by the provisional id that it had when that part heard of it.
func (n *numbering) final(id event.ID) event.ID {
	if n.first == 0 {
		return id
	}
	return Final(id, n.makeshift, n.box, n.epoch, n.first)
}

func (n *numbering) take() event.ID {
	if n.next == 0 {
		n.next = 1
	}
	id := event.ID{Box: n.box, Epoch: n.epoch, Sequence: n.next}
	n.next++
	return id
}

// Final turns a provisional id, or one of the makeshift epoch, into the one that
// it has once the journal begins this run with the sequence first; a final id stays.
func Final(id event.ID, makeshift, box, epoch string, first uint64) event.ID {
	if id.Sequence == 0 || id.Epoch != "" && id.Epoch != makeshift {
		return id
	}
	return event.ID{Box: box, Epoch: epoch, Sequence: first + id.Sequence - 1}
}

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

// Note writes one record that another part has to tell: a log-in, a message
// that was sent. Never blocks.
func (e *Engine) Note(r event.Record) {
	e.post(func() { e.record(e.clock(), []event.Record{r}, nil) })
}

// record numbers what happened and hands it to the journal in one batch.
func (e *Engine) record(now point.Instant, records []event.Record, changes []alarm.Change) {
	e.commit(now, records, changes, nil)
}

func (e *Engine) commit(now point.Instant, records []event.Record, changes []alarm.Change, more []event.Retained) {
	b := event.Batch{Retained: more}
	for _, r := range records {
		if r.At == (point.Instant{}) {
			r.At = now
		}
		r.ID, r.Origin = e.numbering.take(), e.numbering.final(r.Origin)
		e.Panel.Recorded(r)
		b.Records = append(b.Records, r)
	}
	for i := range changes {
		if changes[i].Type == event.AlarmContinued {
			continue // the raise that waited for its number has become this record
		}
		b.Records = append(b.Records, e.changeRecord(&changes[i]))
	}
	b.Retained = append(append(b.Retained, e.Panel.Retained()...), e.Alarms.Retained()...)
	b.Retained = append(append(b.Retained, e.Commands.Retained()...), e.Teams.Retained()...)
	b.Retained = append(append(b.Retained, e.Simulations.Retained()...), e.Checklist.Retained()...)
	b.Decisions = e.Alarms.Decisions()
	for i := range b.Decisions {
		e.embellish(&b.Decisions[i])
	}
	if !b.Empty() {
		e.hand(b)
	}
	if len(changes) > 0 {
		e.outlet.Changes(changes)
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

// improvised is true from Improvise to Identify.
func (n *numbering) improvised() bool { return n.makeshift != "" && n.epoch == n.makeshift }

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

// Detail is what the record of an alarm says beside its text.
type Detail struct {
	Value       string      `json:"value,omitempty"`
	Comment     string      `json:"comment,omitempty"`
	Point       point.Name  `json:"point,omitempty"`
	Instruction point.Words `json:"instruction,omitzero"`
	Count       int         `json:"count,omitempty"`
	Kind        alarm.Kind  `json:"kind,omitempty"`
	Grade       string      `json:"grade,omitempty"`    // the buyer's
	Asset       point.Asset `json:"asset,omitzero"`     // in the owner's books, and the vendor's phone
	FirstOut    bool        `json:"firstOut,omitempty"` // the first of its group
	Until       time.Time   `json:"until,omitzero"`     // of a shelf, of a removal from service: when it ends
	After       string      `json:"after,omitempty"`    // key of the first of its group, where it is not this one
	Cause       string      `json:"cause,omitempty"`    // key of the alarm that explains it
	Door        *zone.Grant `json:"door,omitempty"`     // of a raise: the door it has to do with, and whom it let through last
}

// asideUntil is when what a person puts aside with this change comes back.
func asideUntil(c alarm.Change) time.Time {
	switch c.Type {
	case event.AlarmShelved:
		return c.Alarm.Shelved
	case event.AlarmOutOfService:
		return c.Alarm.RemovedUntil
	}
	return time.Time{}
}

func (e *Engine) changeRecord(c *alarm.Change) event.Record {
	a := &c.Alarm
	r := event.Record{ID: e.numbering.take(), At: c.At, Type: c.Type, Subject: a.Key, Priority: a.Priority,
		Class: string(a.Class), Room: a.Room, Actor: c.Actor, Text: alarm.Text(*c, e.Rooms[a.Room]), Silent: a.Silent, Simulated: a.Simulated}
	if c.Type == event.AlarmRaised {
		a.Occurrence = r.ID
		e.Alarms.Raised(a.Key, r.ID)
	}
	if r.Origin = a.Occurrence; r.Origin.Sequence == 0 {
		r.Origin = e.Alarms.Occurrence(a.Key) // raised in this very step
	}
	var door *zone.Grant
	if c.Type == event.AlarmRaised {
		door = e.Panel.Tie(c.At, *a)
	}
	r.Detail, _ = json.Marshal(Detail{Door: door, Until: asideUntil(*c), Value: a.Value, Comment: c.Text, Point: a.Point, Instruction: a.Instruction, Count: a.Count,
		Kind: a.Kind, Grade: a.Grade, Asset: a.Asset, FirstOut: a.FirstOut, After: a.After, Cause: a.Suppressed})
	return r
}
