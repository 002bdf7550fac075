package dialout

import (
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// escalation is the telling of one alarm. Fields with capitals are retained.
type escalation struct {
	Serial uint64
	Alarm  alarm.Alarm
	Step   int // of the plan, begun last; -1 before the first
	Round  int // how often the list was begun again
	Code   string
	Told   []*told
	Legs   []*leg
	Over   bool // the condition is gone
	Acked  bool // a person has taken it
	Ended  bool
	Gone   bool // it ended because the configuration no longer has it
	Spent  bool // the whole list was gone through and nobody acknowledged

	dueAt    time.Duration // of the next step
	settleAt time.Duration // when "cleared" is believed
	endedAt  time.Duration
	dirty    bool
}

// told is one contact who heard of the alarm by one channel, or may have.
type told struct {
	Contact, Channel string
	Codes            []string // the messages' codes, newest last
	At               point.Instant
	Sent             bool // the channel took it
	Cleared          bool // and was told, or is being told, that it is over
}

func (e *escalation) sameOccurrence(a alarm.Alarm) bool { return e.Alarm.Occurrence == a.Occurrence }
func (e *escalation) settling() bool                    { return e.settleAt != point.Never }

// persists is true when clearing alone does not end the telling.
func (e *escalation) persists() bool { return e.Alarm.Priority == 1 || e.Alarm.Latch }

// held is true while "raised" waits to see whether the alarm comes back.
func (e *escalation) held() bool { return e.Over && !e.Acked && !e.Ended && !e.persists() }

// quiet is true when nobody further is to hear that it was raised.
func (e *escalation) quiet() bool { return e.Acked || e.Ended }

func (e *escalation) reached() bool {
	return slices.ContainsFunc(e.Told, func(t *told) bool { return t.Sent })
}

// tell notes that contact was told, or may have been, by channel.
func (e *escalation) tell(contact, channel string) *told {
	e.dirty = true
	for _, t := range e.Told {
		if t.Contact == contact && t.Channel == channel {
			return t
		}
	}
	t := &told{Contact: contact, Channel: channel}
	e.Told = append(e.Told, t)
	return t
}

// begin starts the telling of a. Those who heard of its former occurrence and
// not of its end will hear of this one's end.
func (d *Desk) begin(a alarm.Alarm, former *escalation) {
	d.serial++
	e := &escalation{Serial: d.serial, Alarm: a, Step: -1, dueAt: d.now.Mono, settleAt: point.Never, dirty: true}
	if former != nil {
		for _, t := range former.Told {
			if t.Sent && !t.Cleared {
				e.Told = append(e.Told, &told{Contact: t.Contact, Channel: t.Channel, At: t.At, Sent: true})
				t.Cleared = true
			}
		}
		former.Over = true
		d.end(former)
	}
	if len(d.open) >= capacity {
		d.recordUnsent(e, "desk is full")
		return
	}
	d.open[a.Key] = e
	d.supersede(e)
	d.tickEscalation(e)
}

// supersede takes back every all-clear of e's alarm that is not yet on its way:
// it would arrive after the new raise and be read as its end.
func (d *Desk) supersede(e *escalation) {
	back := func(n *notice) bool {
		if n.kind != cleared || n.e == e || n.e.Alarm.Key != e.Alarm.Key {
			return false
		}
		t := e.tell(n.contact, n.channel)
		t.Sent, t.Cleared = true, false
		return true
	}
	for _, l := range d.letters {
		if !l.inflight {
			l.notices = slices.DeleteFunc(l.notices, back)
		}
	}
	for _, b := range d.boxes {
		b.pending = slices.DeleteFunc(b.pending, back)
	}
}

// tickEscalation begins the step that is due, and believes a clear that has settled.
func (d *Desk) tickEscalation(e *escalation) {
	if e.settleAt <= d.now.Mono {
		d.over(e)
	}
	for range max(1, len(d.plan.Steps)) {
		if e.dueAt > d.now.Mono || e.quiet() || e.held() {
			return
		}
		d.step(e)
	}
}

// over believes that the alarm is over: those who were told hear it. The
// escalation ends, unless it waits for a person.
func (d *Desk) over(e *escalation) {
	e.settleAt, e.dirty = point.Never, true
	for _, t := range e.Told {
		d.tellOver(e, t)
	}
	if e.Acked || !e.persists() {
		d.end(e)
	}
}

// tellOver writes the "cleared" notice to one who was told "raised".
func (d *Desk) tellOver(e *escalation, t *told) {
	if !d.plan.OnClear || !t.Sent || t.Cleared {
		return
	}
	t.Cleared = true
	d.write(&notice{kind: cleared, e: e, contact: t.Contact, channel: t.Channel, priority: e.Alarm.Priority})
}

// end closes the escalation; it is remembered for an hour to answer replies.
func (d *Desk) end(e *escalation) {
	if e.Ended {
		return
	}
	e.Ended, e.endedAt, e.dirty = true, d.now.Mono, true
	e.dueAt, e.settleAt, e.Legs = point.Never, point.Never, nil
	if d.open[e.Alarm.Key] == e {
		delete(d.open, e.Alarm.Key)
	}
	d.past = append(d.past, e)
}

// ordered lists the open escalations, the most urgent and oldest first.
func (d *Desk) ordered() []*escalation {
	list := make([]*escalation, 0, len(d.open))
	for _, e := range d.open {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *escalation) int {
		if a.Alarm.Priority != b.Alarm.Priority {
			return a.Alarm.Priority - b.Alarm.Priority
		}
		return int(a.Serial) - int(b.Serial)
	})
	return list
}

// forget drops what is older than an hour.
func (d *Desk) forget() {
	for len(d.past) > 0 && (d.past[0].endedAt+memory <= d.now.Mono || len(d.past) > 2*capacity) {
		d.dropRetained(d.past[0])
		d.past = d.past[1:]
	}
}
