package dialout

import (
	"encoding/json"
	"fmt"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// prefix of the Desk's keys in the retained state.
const prefix = "dialout:"

const counters = prefix + "counters"

// counts are the numbers that must not start again.
type counts struct {
	Serial uint64
	Code   int
}

func (e *escalation) retainedKey() string { return fmt.Sprintf("%s%d", prefix, e.Serial) }

// retain adds what changed to the output.
func (d *Desk) retain() {
	changed := false
	for _, e := range append(d.ordered(), d.past...) {
		if e.dirty {
			e.dirty, changed = false, true
			d.keep(e.retainedKey(), e)
		}
	}
	if changed {
		d.keep(counters, counts{d.serial, d.code})
	}
}

func (d *Desk) keep(key string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		return // a time outside year 0–9999: nothing that a restart needs
	}
	d.output.Batch.Retained = append(d.output.Batch.Retained, event.Retained{Key: key, Value: b})
}

func (d *Desk) dropRetained(e *escalation) {
	d.output.Batch.Retained = append(d.output.Batch.Retained, event.Retained{Key: e.retainedKey()})
}

// Restore takes over what the last run left (the retained entries whose keys
// begin with "dialout:", others are ignored) and compares it with the alarms
// that stand now. The next step of each escalation is due at once, and what was
// handed to a channel without an answer is sent again: at least once, never not
// at all. Alarms that stand unacknowledged and that nobody was told of begin.
// Called once, after the engine has restored; Raised may have come before.
func (d *Desk) Restore(now point.Instant, retained []event.Retained, standing []*alarm.Alarm) {
	d.now = now
	current := map[string]alarm.Alarm{}
	for _, a := range standing {
		current[a.Key] = *a
	}
	d.takeCounters(retained)
	for _, r := range retained {
		e := &escalation{}
		if !strings.HasPrefix(r.Key, prefix) || r.Key == counters || json.Unmarshal(r.Value, e) != nil || !e.sound() {
			continue
		}
		d.resume(e, current)
	}
	for _, a := range standing {
		if !a.Acknowledged && d.open[a.Key] == nil && (a.Active || a.Latched || a.Priority == 1) {
			d.Raised(now, *a)
		}
	}
	d.Tick(now)
}

// takeCounters goes on counting where the last run stopped; what was raised
// before moves behind it.
func (d *Desk) takeCounters(retained []event.Retained) {
	var c counts
	for _, r := range retained {
		if r.Key == counters && json.Unmarshal(r.Value, &c) != nil {
			c = counts{}
		}
	}
	for _, e := range append(d.ordered(), d.past...) {
		d.dropRetained(e)
		e.Serial, e.dirty = e.Serial+c.Serial, true
	}
	d.serial, d.code = d.serial+c.Serial, max(d.code, c.Code)
}

// sound is false for an entry that a damaged or foreign store gave.
func (e *escalation) sound() bool {
	for _, t := range e.Told {
		if t == nil {
			return false
		}
	}
	for _, l := range e.Legs {
		if l == nil || l.At < 0 || l.At >= len(l.Chain) {
			return false
		}
	}
	return e.Alarm.Key != "" && e.Step >= -1
}

// resume puts one escalation back to work, or to rest.
func (d *Desk) resume(e *escalation, current map[string]alarm.Alarm) {
	e.dueAt, e.settleAt, e.dirty = d.now.Mono, point.Never, true
	for _, t := range e.Told {
		t.At = d.now // the worst case for a bare reply
	}
	if e.Ended {
		e.endedAt = d.now.Mono
		d.past = append(d.past, e)
		return
	}
	if o := d.open[e.Alarm.Key]; o != nil { // raised again before the store was open
		for _, t := range e.Told {
			if t.Sent && !t.Cleared {
				o.tell(t.Contact, t.Channel).Sent = true
			}
		}
		d.dropRetained(e)
		return
	}
	d.open[e.Alarm.Key] = e
	a, stands := current[e.Alarm.Key]
	if stands {
		e.Alarm = a
	}
	e.Acked = e.Acked || stands && a.Acknowledged
	switch {
	case !stands:
		e.Over, e.Acked = true, true
		d.over(e)
	case !a.Active && !e.Over:
		e.Over = true
		d.over(e)
	case a.Active:
		e.Over = false
	}
	d.resend(e)
}

// resend posts the legs that had no answer when the box went down.
func (d *Desk) resend(e *escalation) {
	if e.Acked || e.Spent {
		e.dueAt = point.Never
	}
	if e.quiet() {
		return
	}
	for _, l := range e.Legs {
		if !l.Done && !l.Failed {
			d.post(e, l)
		}
	}
}
