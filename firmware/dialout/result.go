package dialout

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// pauses before the second, third and fourth attempt by one channel.
var pauses = [...]time.Duration{5 * time.Second, 15 * time.Second, 60 * time.Second}

// Bounds of what is kept for delivery reports.
const (
	awaitLimit = 512
	earlyLimit = 64
)

// awaited is a message that was sent and may be reported on.
type awaited struct {
	entry   Entry
	notices []*notice
}

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

// Report takes a delivery report. An alarm's message that was not delivered goes
// on to the contact's next channel. Reports on messages sent before a restart
// are not matched: the ledger keeps them as sent.
func (d *Desk) Report(now point.Instant, r Report) {
	d.now = now
	if !d.report(r) {
		d.early = append(d.early, r)
		d.early = d.early[max(0, len(d.early)-earlyLimit):]
	}
}

func (d *Desk) matchEarly() {
	d.early = slices.DeleteFunc(d.early, d.report)
}

// report applies r to the newest message with its reference, and tells whether
// there is one.
func (d *Desk) report(r Report) bool {
	for i := len(d.await) - 1; i >= 0; i-- {
		a := d.await[i]
		if a.entry.Channel != r.Channel || a.entry.Reference != r.Reference {
			continue
		}
		d.await = slices.Delete(d.await, i, i+1)
		if r.Delivered {
			a.entry.State, a.entry.Delivered = "delivered", d.now.Wall
			d.recordMessage(event.MessageDelivered, a.entry, a.notices, "")
		} else {
			d.undelivered(&a, r.Why)
		}
		d.output.Ledger = append(d.output.Ledger, a.entry)
		return true
	}
	return false
}

func (d *Desk) undelivered(a *awaited, why string) {
	a.entry.State, a.entry.Why = "failed", clip(why, 200)
	d.recordMessage(event.MessageFailed, a.entry, a.notices, why)
	for _, n := range a.notices {
		if n.kind != raised || n.e.quiet() {
			continue
		}
		n.e.tell(n.contact, n.channel).Sent = false
		if n.leg.Done && slices.Contains(n.e.Legs, n.leg) {
			n.leg.Done = false
			d.fail(n.e, n.leg)
		}
	}
}

// messageDetail is the Detail of the records about messages.
type messageDetail struct {
	Message  string   `json:"message,omitempty"`
	Channel  string   `json:"channel,omitempty"`
	To       string   `json:"to,omitempty"`
	Attempt  int      `json:"attempt,omitempty"`
	Alarms   []string `json:"alarms,omitempty"`
	Why      string   `json:"why,omitempty"`
	Text     string   `json:"text,omitempty"`
	Code     string   `json:"code,omitempty"`
	Accepted bool     `json:"accepted,omitempty"`
}

var messageWords = map[event.Type]point.Words{
	event.MessageSent:      {Zh: "已发给 %s(%s)%s", En: "sent to %s (%s)%s"},
	event.MessageDelivered: {Zh: "已送达 %s(%s)%s", En: "delivered to %s (%s)%s"},
	event.MessageFailed:    {Zh: "未能发给 %s(%s)%s", En: "could not be sent to %s (%s)%s"},
}

func (d *Desk) recordMessage(t event.Type, entry Entry, notices []*notice, why string) {
	w, name, what := messageWords[t], d.contacts[entry.Contact].Label, subject(sorted(notices))
	r := event.Record{Type: t, Subject: entry.Contact, Text: point.Words{
		Zh: fmt.Sprintf(w.Zh, orID(name.In("zh"), entry.Contact), entry.Channel, what.Zh),
		En: fmt.Sprintf(w.En, orID(name.In("en"), entry.Contact), entry.Channel, what.En),
	}}
	detail := messageDetail{Message: entry.ID, Channel: entry.Channel, To: entry.To, Attempt: entry.Attempts, Why: clip(why, 200), Code: entry.Code}
	for _, n := range sorted(notices) {
		r.Drill = r.Drill || n.kind == trial
		r.Silent = r.Silent || n.silent()
		if n.e == nil {
			continue
		}
		if len(detail.Alarms) == 0 {
			r.Origin, r.Priority, r.Class, r.Room = n.e.Alarm.Occurrence, n.e.Alarm.Priority, string(n.e.Alarm.Class), n.e.Alarm.Room
		}
		if len(detail.Alarms) < 32 {
			detail.Alarms = append(detail.Alarms, n.e.Alarm.Key)
		}
	}
	d.record(r, detail)
}

// subject is what a message is about, in a few words: its first alarm, and how many
// more. An answer and a test are about none.
func subject(notices []*notice) point.Words {
	var about []*notice
	for _, n := range notices {
		if n.e != nil {
			about = append(about, n)
		}
	}
	if len(about) == 0 {
		return point.Words{}
	}
	first, w := about[0], point.Words{}
	w.Zh, w.En = "："+writer{language: "zh"}.label(first.e.Alarm), ": "+writer{language: "en"}.label(first.e.Alarm)
	if first.kind == cleared {
		w.Zh, w.En = w.Zh+" 已恢复", w.En+" is over"
	}
	if more := len(about) - 1; more > 0 {
		w.Zh, w.En = w.Zh+fmt.Sprintf("，另有 %d 条", more), w.En+fmt.Sprintf(", and %d more", more)
	}
	return w
}

// recordUnsent and recordUnanswered say that an alarm reached nobody, or that
// nobody answered.
func (d *Desk) recordUnsent(e *escalation, why string) {
	d.recordEscalation(e, event.MessageFailed, point.Words{Zh: "未发出:通知台已满", En: "not sent: too many open alarms"}, why)
}

func (d *Desk) recordUnanswered(e *escalation) {
	d.recordEscalation(e, MessageUnanswered, point.Words{Zh: "通知完毕,无人确认", En: "everyone was told, nobody acknowledged"}, "")
}

func (d *Desk) recordEscalation(e *escalation, t event.Type, text point.Words, why string) {
	a := e.Alarm
	d.record(event.Record{Type: t, Subject: a.Key, Origin: a.Occurrence, Priority: a.Priority,
		Class: string(a.Class), Room: a.Room, Text: text, Silent: a.Silent}, messageDetail{Why: why})
}

func (d *Desk) record(r event.Record, detail messageDetail) {
	r.At = d.now
	if r.Actor == "" {
		r.Actor = "box"
	}
	r.Detail, _ = json.Marshal(detail) // strings and numbers only: cannot fail
	d.output.Batch.Records = append(d.output.Batch.Records, r)
}

func orID(label, id string) string {
	if label == "" {
		return id
	}
	return label
}
