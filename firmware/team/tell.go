package team

import (
	"encoding/json"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func unitKey(id, member string) string { return "team/" + id + "/" + member }
func shortKey(id string) string        { return "team/" + id + "/short" }

func (d *Team) label() point.Words {
	if d.Label.IsZero() {
		return point.Words{Zh: d.ID, En: d.ID}
	}
	return point.Words{Zh: d.Label.In("zh"), En: d.Label.In("en")}
}

// changed journals a change of the team; u may be nil.
func (t *crew) changed(now point.Instant, u *unit, zh, en, actor string) {
	text, about := t.label(), ""
	text.Zh, text.En = text.Zh+"：", text.En+": "
	t.why = point.Words{Zh: zh, En: en}
	if u != nil {
		about = u.ID
		t.why = point.Words{Zh: u.label().Zh + " " + zh, En: u.label().En + " " + en}
	}
	detail, _ := json.Marshal(struct {
		Unit string `json:"unit,omitempty"`
	}{about})
	text = t.marked(point.Words{Zh: text.Zh + t.why.Zh, En: text.En + t.why.En})
	t.records = append(t.records, event.Record{Type: event.TeamChanged, At: now, Subject: t.ID, Room: t.Room, Actor: actor, Text: text, Detail: detail, Simulated: t.pretends()})
	t.keep = true
}

// blame makes a unit faulty: it did not do what it was told, or what nobody told it.
func (t *crew) blame(now point.Instant, u *unit, zh, en string) {
	u.faulty = point.Words{Zh: zh, En: en}
	t.trouble(u, u.faulty)
	t.changed(now, u, zh, en, "box")
}

func (t *crew) trouble(u *unit, why point.Words) {
	t.signals = append(t.signals, alarm.Signal{Key: unitKey(t.ID, u.ID), Active: true, ValueText: why, Simulated: t.pretends()})
}

// mend ends the fault of a unit that does as it is told.
func (t *crew) mend(u *unit) {
	if !u.faulty.IsZero() {
		u.faulty, t.keep = point.Words{}, true
	}
	t.signals = append(t.signals, alarm.Signal{Key: unitKey(t.ID, u.ID)})
}

func (t *crew) short(now point.Instant, is bool) {
	if is == t.isShort {
		return
	}
	t.isShort = is
	t.signals = append(t.signals, alarm.Signal{Key: shortKey(t.ID), Active: is, Simulated: t.pretends()})
	if is {
		t.changed(now, nil, "可用机组不足", "too few units can serve", "box")
	}
}

// Definitions are the alarms about teams.
func Definitions(list []Team) (all []alarm.Definition) {
	for i := range list {
		d := &list[i]
		label := d.label()
		all = append(all, alarm.Definition{Key: shortKey(d.ID), Room: d.Room, Priority: 2, Class: alarm.ClassAlarm, Kind: alarm.KindTechnical,
			Label:       point.Words{Zh: label.Zh + " 制冷不足", En: label.En + ": too few units run"},
			Instruction: point.Words{Zh: "到场手动开启空调，联系维保，注意机房温度", En: "Start a unit by hand, call its service, watch the room's temperature"}})
		for _, m := range d.Members {
			u := unit{Member: m}
			all = append(all, alarm.Definition{Key: unitKey(d.ID, m.ID), Room: d.Room, Point: m.state(), Priority: 3, Class: alarm.ClassTrouble, Kind: alarm.KindTechnical,
				Label:       point.Words{Zh: u.label().Zh + " 不听群控调度", En: u.label().En + " does not follow its team"},
				Instruction: point.Words{Zh: "到现场查看机组；修好后在页面上交还群控", En: "Look at the unit; give it back to its team when it is mended"}})
		}
	}
	return all
}
