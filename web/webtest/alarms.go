package webtest

import (
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Raise makes the alarm active; keys are those of definitions in site.go.
func (b *Box) Raise(key, value string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.raise(key, value)
	b.publish()
}

// raise holds the mutex.
func (b *Box) raise(key, value string) {
	d, ok := definitions()[key]
	if !ok {
		panic("no such alarm: " + key)
	}
	a := alarm.Alarm{Definition: d, Active: true, Raised: Now(), Count: b.alarms[key].Count + 1, Value: value, Text: d.Label}
	a.Occurrence = b.record(b.about(event.AlarmRaised, a, "box", ""))
	b.alarms[key] = a
	b.sound(b.loud())
}

// loud is true while an alarm stands that may be heard.
func (b *Box) loud() bool {
	for _, a := range b.alarms {
		if !a.Silent {
			return true
		}
	}
	return false
}

// Clear ends the alarm's condition.
func (b *Box) Clear(key string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	a := b.alarms[key]
	a.Active, a.Cleared, a.Latched = false, Now(), a.Latch
	b.record(b.about(event.AlarmCleared, a, "box", ""))
	b.keep(a)
	b.publish()
}

func (b *Box) keep(a alarm.Alarm) {
	if a.Standing() || !a.Shelved.IsZero() {
		b.alarms[a.Key] = a
	} else {
		delete(b.alarms, a.Key)
	}
	b.sound(b.loud())
}

func (b *Box) sound(on bool) {
	for i := range b.levels {
		b.levels[i].On = on
	}
}

func (b *Box) about(t event.Type, a alarm.Alarm, actor, comment string) event.Record {
	text := point.Words{Zh: verbWords[t] + a.Label.Zh, En: strings.TrimPrefix(string(t), "alarm.") + ": " + a.Label.En}
	if comment != "" {
		text.Zh, text.En = text.Zh+"（"+comment+"）", text.En+" ("+comment+")"
	}
	return event.Record{Type: t, Subject: a.Key, Origin: a.Occurrence, Priority: a.Priority, Class: string(a.Class), Room: a.Room, Actor: actor, Text: text, Silent: a.Silent}
}
