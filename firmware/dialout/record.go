package dialout

import (
	"encoding/json"
	"fmt"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

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
