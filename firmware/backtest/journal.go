package backtest

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// follow tells what a person did, or the panel by itself, at that moment.
func (s *stream) follow(r event.Record) {
	for _, l := range s.lanes {
		if err := l.follow(s.instantAt(s.now), r); err != nil && s.failed == nil {
			s.failed = notKept("日志没有写明 %s 当时怎样布防（由旧版本记录），无法回放", "The journal does not say how %s was armed then (an older release wrote it): it cannot be replayed", r.Subject)
		}
	}
}

func (l *lane) follow(now point.Instant, r event.Record) (err error) {
	if l.panel != nil {
		err = l.panel.Follow(now, r)
	}
	var d struct {
		Until   time.Time
		Comment string
	}
	_ = json.Unmarshal(r.Detail, &d) // a record without one shelved nothing
	first, second, _ := strings.Cut(r.Actor, ", ")
	switch m := l.machine; r.Type { // refused where it is so already
	case event.AlarmShelved:
		_ = m.Shelve(now, r.Subject, d.Until, r.Actor, cmp.Or(d.Comment, "-"))
	case event.AlarmUnshelved:
		_ = m.Unshelve(now, r.Subject, r.Actor)
	case event.AlarmOutOfService:
		_ = m.OutOfService(now, r.Subject, d.Until, first, second, cmp.Or(d.Comment, "-"))
	case event.AlarmInService:
		_ = m.InService(now, r.Subject, r.Actor)
	}
	l.settle(now)
	return err
}

// reading is the newest reading that the lane was told.
func (l *lane) reading(n point.Name) (event.Input, bool) {
	r, ok := l.read[n]
	return condition.Told(l.plan.points[n], r.good, r.newest), ok
}

// against holds the replay against the journal: did the alarm ring then, as it
// does here? The occurrence is the journal's.
func (l *lane) against(d *event.Decision, journal []event.Record) {
	var rang event.Record
	aside, from := false, l.plan.q.From // a raise that was held when the replay began comes later here
	for _, r := range journal {
		switch {
		case r.Subject != d.Key:
		case r.Type == event.AlarmRaised:
			rang = r
		case r.At.Wall.Before(from):
			aside = r.Type == event.AlarmShelved || r.Type == event.AlarmOutOfService
		}
	}
	here := l.rang[d.Key]
	standing := d.Verdict == alarm.VerdictRaised || d.Verdict == alarm.VerdictClearing || d.Verdict == alarm.VerdictChattering
	if standing {
		d.Origin = rang.ID
	}
	switch {
	case aside:
	case !here.After(from.Add(warmUp)) && !rang.At.Wall.After(from.Add(warmUp)): // neither, or it stood before
	case rang.At.Wall.Sub(here).Abs() <= raiseApart:
	case rang.At.Wall.After(here):
		d.Text.Zh += "；注意：日志记有 " + l.plan.q.stamp(rang.At.Wall) + " 的报警，按保存的读数重现不出来"
		d.Text.En += "; mind: the journal has an alarm of " + l.plan.q.stamp(rang.At.Wall) + " that the kept readings do not explain"
	default:
		d.Text.Zh += "；注意：按保存的读数 " + l.plan.q.stamp(here) + " 应已报警，日志中没有"
		d.Text.En += "; mind: by the kept readings it should have rung at " + l.plan.q.stamp(here) + ", the journal has no such alarm"
	}
}

// raiseApart is how far a raise here and in the journal may lie apart: readings
// are kept to 10 ms, and the box judges in turns.
const raiseApart = 2 * time.Second

// warmUp is until when a raise here may be one of before: the longest delay of the
// panel's alarms is a minute.
const warmUp = 2 * time.Minute
