package engine

import (
	"encoding/json"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

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
