package engine

import (
	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

// apply carries one reading through the machines, or what is simulated in its place.
// A write is held against what is really read.
func (e *Engine) apply(s point.Sample) {
	if s.At == (point.Instant{}) {
		s.At = e.clock()
	}
	e.Commands.Sample(s.At, s)
	e.carryOn(e.standIn(s))
}

// carryOn carries a sample that counts.
func (e *Engine) carryOn(s point.Sample) {
	entry, known := e.Table.Put(s)
	if !known {
		return
	}
	e.dirty = true
	e.outlet.Sample(entry.Last)
	e.Panel.Sample(s.At, s)
	e.Alarms.Sample(s.At, s)
	e.Plan.Sample(s.At, s)
	e.Teams.Sample(s.At, s)
	e.Checklist.Sample(s.At, s)
	for _, d := range e.Derive.Sample(s.At, s) {
		e.apply(d)
	}
}

// settle carries what the machines decided to alarms, outputs and the journal.
// The levels come first, and before them nothing that takes longer the more
// alarms stand: that is for show and publish.
func (e *Engine) settle(now point.Instant) {
	signals, records, pulses := e.Panel.Take()
	for _, s := range signals {
		e.Alarms.Signal(now, s)
	}
	records = append(append(records, e.checked()...), e.issue(now)...)
	changes := e.Alarms.Take()
	for _, c := range changes {
		e.Checklist.Alarm(c)
	}
	if len(changes)+len(records) > 0 {
		e.dirty = true
	}
	news := len(changes) > 0 || e.replan
	if v := e.Panel.Version(); v != e.panelAt || e.replan {
		e.panel, e.panelAt, e.replan, news = e.Panel.View(), v, false, true
	}
	if news {
		e.Plan.Update(now, e.Alarms.Alarms(), e.panel)
	}
	e.drive(now)
	if news {
		e.Teams.Alarms(now, e.Alarms.Alarms())
	}
	for _, p := range pulses {
		e.outlet.Pulse(p)
	}
	e.record(now, records, changes)
}

// drive sets the outputs that must change now. Until the retained state is
// merged in nobody knows what the last run left sounding: an output that was
// never driven may then be switched on, not off.
func (e *Engine) drive(now point.Instant) {
	if !e.settled && now.Mono >= e.settles {
		e.settled, e.replan = true, true
		e.Plan.Settle(now)
	}
	levels, next := e.Plan.Levels(now)
	e.outputs = levels
	var moved []annunciate.Level
	for _, l := range levels {
		was, known := e.levels[l.Output]
		if was != l.On || !known && e.settled {
			e.levels[l.Output] = l.On
			moved = append(moved, l)
			e.Checklist.Level(now, l.Output, l.On)
		}
	}
	if len(moved) > 0 {
		e.dirty = true
		e.outlet.Levels(moved)
	}
	for _, s := range e.Plan.Signals() {
		e.Alarms.Signal(now, s)
		next = now.Mono // their changes leave with the next turn
	}
	if e.levelsAt = next; !e.settled {
		e.levelsAt = min(next, e.settles)
	}
}

// show brings the wall up to date.
func (e *Engine) show(now point.Instant) {
	p, next := e.Plan.Picture(now)
	if e.pictureAt = next; !p.Equal(e.picture) {
		e.picture, e.dirty = p, true
		e.outlet.Picture(p)
	}
}
