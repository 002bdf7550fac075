package dialout

import (
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// pauses before the second, third and fourth attempt by one channel.
var pauses = [...]time.Duration{5 * time.Second, 15 * time.Second, 60 * time.Second}

// Sent is told when a channel took the message.
func (d *Desk) Sent(now point.Instant, id string, r Receipt) {
	d.now = now
	l := d.inflight(id)
	if l == nil {
		return
	}
	d.letters = slices.DeleteFunc(d.letters, func(o *letter) bool { return o == l })
	l.entry.State, l.entry.Why, l.entry.Reference, l.entry.Sent = "sent", "", r.Reference, now.Wall
	d.output.Ledger = append(d.output.Ledger, l.entry)
	d.recordMessage(event.MessageSent, l.entry, l.notices, "")
	for _, n := range l.notices {
		if n.kind == raised {
			d.sentRaised(n)
		}
	}
	if r.Reference != "" {
		d.await = append(d.await, awaited{l.entry, l.notices})
		d.await = d.await[max(0, len(d.await)-awaitLimit):]
		d.matchEarly()
	}
}

// sentRaised notes that the contact knows; when it is over already, that is
// told too.
func (d *Desk) sentRaised(n *notice) {
	e := n.e
	n.leg.Done = true
	t := e.tell(n.contact, n.channel)
	t.Sent, t.Cleared = true, t.Cleared || n.saidOver
	switch next := d.open[e.Alarm.Key]; {
	case e.Ended && next != nil && next != e && !t.Cleared:
		t.Cleared = true
		next.tell(n.contact, n.channel).Sent = true
	case e.Over && !e.settling():
		d.tellOver(e, t)
	}
}

// Failed is told when a channel could not send: after 5, 15 and 60 s it is
// tried again if retry says that this may help, then the next channel or step
// has its turn.
func (d *Desk) Failed(now point.Instant, id, why string, retry bool) {
	d.now = now
	l := d.inflight(id)
	if l == nil {
		return
	}
	l.inflight = false
	l.entry.Why = clip(why, 200)
	for _, n := range l.notices {
		if n.kind == cleared && d.open[n.e.Alarm.Key] != nil {
			d.supersede(d.open[n.e.Alarm.Key])
		}
	}
	if retry && l.attempt <= len(pauses) {
		l.due = now.Mono + pauses[l.attempt-1]
		if d.fit(l) || len(l.notices) > 0 {
			d.output.Ledger = append(d.output.Ledger, l.entry)
		}
		return
	}
	d.finish(l, why)
}

// finish ends a letter that will not be sent.
func (d *Desk) finish(l *letter, why string) {
	l.entry.State, l.entry.Why = "failed", clip(why, 200)
	d.letters = slices.DeleteFunc(d.letters, func(o *letter) bool { return o == l })
	if l.entry.ID != "" {
		d.output.Ledger = append(d.output.Ledger, l.entry)
	}
	l.entry.Contact, l.entry.Channel = l.contact, l.channel
	d.recordMessage(event.MessageFailed, l.entry, l.notices, why)
	for _, n := range l.notices {
		if n.kind == raised && !n.e.quiet() {
			d.fail(n.e, n.leg)
		}
	}
}

func (d *Desk) inflight(id string) *letter {
	for _, l := range d.letters {
		if l.inflight && l.entry.ID == id {
			return l
		}
	}
	return nil
}
