package dialout

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Acknowledgement is what a reply asks of the engine: acknowledge this
// occurrence of the alarm in the contact's name. The Desk goes on until it is
// told Acknowledged: the engine may refuse.
type Acknowledgement struct {
	Key        string
	Occurrence event.ID
	Contact    string
}

// bareWindow is how far back a reply without a code looks for the one alarm
// that it can mean.
const bareWindow = time.Hour

// Reply takes a message that somebody sent to the box. The sender's number is a
// hint, not proof: a reply can acknowledge, nothing else. A code counts only for
// a contact who was sent it; a bare word of assent only when exactly one alarm
// was sent to that number within the last hour. Unknown numbers are recorded and
// not answered; a known contact whose assent names no alarm is told so.
func (d *Desk) Reply(now point.Instant, r Reply) []Acknowledgement {
	d.now = now
	contact, known := d.whose(r.From)
	detail := messageDetail{Channel: r.Channel, To: clip(r.From, 32), Text: clip(r.Text, 160)}
	record := event.Record{Type: event.MessageReply, Subject: contact, Actor: contact}
	if !known {
		record.Actor, record.Subject = clip(r.From, 32), clip(r.From, 32)
		record.Text = point.Words{Zh: "陌生号码来信,未处理", En: "message from an unknown number, ignored"}
		d.record(record, detail)
		return nil
	}
	codes, assent := readReply(r.Text)
	meant := d.meant(contact, codes, assent)
	record.Text = point.Words{Zh: "回复未确认任何报警", En: "the reply acknowledged nothing"}
	if len(meant) > 0 {
		detail.Accepted = true
		record.Text = point.Words{Zh: "回复确认", En: "acknowledged by reply"}
		record.Origin, record.Silent = meant[0].Alarm.Occurrence, aboutSilent(meant)
	}
	d.record(record, detail)
	d.answer(contact, r.Channel, meant, len(codes) > 0 || assent)
	return acknowledgements(contact, meant)
}

func acknowledgements(contact string, meant []*escalation) (list []Acknowledgement) {
	for _, e := range meant {
		if !e.quiet() {
			list = append(list, Acknowledgement{Key: e.Alarm.Key, Occurrence: e.Alarm.Occurrence, Contact: contact})
		}
	}
	return list
}

// answer tells a contact what the reply did. Text that was not understood is
// not answered: two machines would talk for ever.
func (d *Desk) answer(contact, channel string, meant []*escalation, understood bool) {
	if !understood || d.address(contact, channel) == "" {
		return
	}
	text := point.Words{Zh: "未确认:请回复短信中的编号,如 1", En: "Nothing acknowledged: reply the number in the message, such as 1"}
	if len(meant) == 1 {
		a := meant[0].Alarm
		zh, en := writer{d, "zh"}, writer{d, "en"}
		text = point.Words{Zh: "收到确认:" + cut(zh.label(a), 30), En: "Confirmed: " + cut(en.label(a), 30)}
	}
	if len(meant) > 1 {
		n := strconv.Itoa(len(meant))
		text = point.Words{Zh: "收到确认:" + n + "项报警", En: "Confirmed: " + n + " alarms"}
	}
	d.write(&notice{kind: answer, contact: contact, channel: channel, priority: 3, text: text, quiet: aboutSilent(meant)})
}

func aboutSilent(list []*escalation) bool {
	return slices.ContainsFunc(list, func(e *escalation) bool { return e.Alarm.Silent })
}

// meant finds the alarms that a contact's reply is about.
func (d *Desk) meant(contact string, codes []string, assent bool) (list []*escalation) {
	all := append(d.ordered(), d.past...)
	for _, e := range all {
		if slices.ContainsFunc(codes, func(c string) bool { return e.toldCode(contact, c) }) {
			list = append(list, e)
		}
	}
	if len(codes) > 0 || !assent {
		return list
	}
	for _, e := range all {
		if d.toldLately(e, contact) {
			list = append(list, e)
		}
	}
	if len(list) != 1 {
		return nil
	}
	return list
}

func (e *escalation) toldCode(contact, code string) bool {
	return slices.ContainsFunc(e.Told, func(t *told) bool {
		return t.Contact == contact && slices.Contains(t.Codes, code)
	})
}

// toldLately counts what may have been sent, by channels that hear.
func (d *Desk) toldLately(e *escalation, contact string) bool {
	return slices.ContainsFunc(e.Told, func(t *told) bool {
		return t.Contact == contact && d.channels[t.Channel] == Modem && len(t.Codes) > 0 && d.now.Since(t.At) <= bareWindow
	})
}

// whose finds the contact with a number.
func (d *Desk) whose(number string) (id string, known bool) {
	var found []string
	for _, c := range d.contacts {
		if c.Phone != "" && SameNumber(c.Phone, number) {
			found = append(found, c.ID)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	return slices.Min(found), true
}

// SameNumber compares two telephone numbers as networks write them: with or
// without +, 00 and China's 86 before an 11-digit mobile number.
func SameNumber(a, b string) bool {
	a, b = plainNumber(a), plainNumber(b)
	return a != "" && a == b
}

func plainNumber(s string) string {
	var b strings.Builder
	for _, r := range s {
		if '0' <= r && r <= '9' {
			b.WriteRune(r)
		}
	}
	n := strings.TrimPrefix(b.String(), "00")
	if len(n) == 13 && strings.HasPrefix(n, "861") {
		return n[2:]
	}
	return n
}
