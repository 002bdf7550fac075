package dialout

import (
	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Change takes one step in the life of an alarm, as the engine tells it; types
// that do not concern dial-out are ignored.
func (d *Desk) Change(now point.Instant, c alarm.Change) {
	switch c.Type {
	case event.AlarmRaised:
		d.Raised(now, c.Alarm)
	case event.AlarmUnshelved, event.AlarmInService, event.AlarmUnsuppressed:
		d.unshelved(now, c.Alarm)
	case event.AlarmContinued:
		d.continued(now, c.Alarm)
	case event.AlarmSuppressed:
		d.explained(now, c.Alarm)
	case event.AlarmAcknowledged:
		d.Acknowledged(now, c.Alarm)
	case event.AlarmCleared:
		d.Cleared(now, c.Alarm)
	case event.AlarmReset, event.AlarmRemoved:
		d.Removed(now, c.Alarm)
	case event.AlarmShelved, event.AlarmOutOfService:
		d.Acknowledged(now, c.Alarm)
	}
}

// Raised begins an escalation, unless the alarm is less urgent than the plan
// sends, is shelved or acknowledged, or is already being told.
func (d *Desk) Raised(now point.Instant, a alarm.Alarm) {
	d.now = now
	if a.Priority > d.plan.Upto || a.Acknowledged || a.Aside() || len(d.plan.Steps) == 0 {
		return
	}
	e := d.open[a.Key]
	switch {
	case e == nil:
	case e.sameOccurrence(a) && (e.Acked || !e.Over):
		e.Alarm = a
		return
	case !e.Acked && (!e.Over || e.settling()):
		e.Alarm, e.Over, e.settleAt, e.dirty = a, false, point.Never, true
		return
	}
	d.begin(a, e)
}

// continued: the alarm stood before the restart. Who was told then is not told
// that it was raised again.
func (d *Desk) continued(now point.Instant, a alarm.Alarm) {
	d.now = now
	e := d.open[a.Key]
	switch {
	case e == nil:
	case a.Acknowledged:
		d.Acknowledged(now, a)
	default:
		e.Alarm, e.dirty = a, true
	}
}

// explained: a cause was found for an alarm that somebody may have heard of. It
// is told no further, and its end to those who heard.
func (d *Desk) explained(now point.Instant, a alarm.Alarm) {
	if d.open[a.Key] != nil {
		d.Acknowledged(now, a)
	}
}

// unshelved begins anew for an alarm that came back from the shelf unacknowledged.
func (d *Desk) unshelved(now point.Instant, a alarm.Alarm) {
	d.now = now
	e := d.open[a.Key]
	if e == nil && a.Active {
		d.Raised(now, a)
	}
	if e != nil && e.Acked && a.Active && !a.Acknowledged {
		d.begin(a, e)
	}
}

// Acknowledged ends the telling of a: nobody further hears that it was raised.
// Those who were told still hear when it is over.
func (d *Desk) Acknowledged(now point.Instant, a alarm.Alarm) {
	d.now = now
	if e := d.open[a.Key]; e != nil {
		e.Alarm, e.Acked, e.dueAt, e.dirty = a, true, point.Never, true
		if e.Over && !e.settling() {
			d.end(e)
		}
	}
}

// Cleared notes that the condition is gone. An escalation of a latched or
// priority-1 alarm goes on until somebody acknowledges; any other stops.
func (d *Desk) Cleared(now point.Instant, a alarm.Alarm) {
	d.now = now
	if e := d.open[a.Key]; e != nil && !e.Over {
		e.Alarm, e.Over, e.settleAt, e.dirty = a, true, now.Mono+settle, true
	}
}

// Removed ends the escalation of an alarm that a person reset or that the
// configuration no longer has.
func (d *Desk) Removed(now point.Instant, a alarm.Alarm) {
	d.now = now
	if e := d.open[a.Key]; e != nil {
		gone := e.Alarm.Active && !e.Over
		e.Alarm, e.Over, e.Acked, e.Gone = a, true, true, gone
		d.over(e)
	}
}
