package zone

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// trait is what a zone type means.
type trait struct {
	priority int
	latch    bool // kept until a person resets it
	guarded  bool // never shelved, never suppressed
	armed    bool // guards only while its partition is armed
	resound  time.Duration
	label    point.Words // where the site file has none
}

// traits of the zone types. Panic, tamper, fire and environment are 24-hour
// zones (GB 50394-2007: a panic button cannot be disarmed and latches; tamper
// and line faults alarm in the armed and the disarmed state).
var traits = map[string]trait{
	"panic":       {priority: 1, latch: true, guarded: true, resound: 15 * time.Minute, label: point.Words{Zh: "紧急报警", En: "Panic button"}},
	"tamper":      {priority: 2, guarded: true, label: point.Words{Zh: "防拆报警", En: "Tamper"}},
	"fire":        {priority: 1, latch: true, label: point.Words{Zh: "火警", En: "Fire"}},
	"environment": {priority: 2, label: point.Words{Zh: "环境报警", En: "Environment"}},
	"instant":     {priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
	"entry":       {priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
	"follower":    {priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
}

// troubleDelay keeps one lost answer of a bus from being a trouble.
const troubleDelay = 3 * time.Second

// Definitions are the alarms that the panel's signals are about: "zone/ID",
// "zone/ID/trouble", "door/ID/forced", "door/ID/held", "door/ID/trouble".
func (p *Panel) Definitions() []alarm.Definition {
	var all []alarm.Definition
	for _, z := range p.zones {
		all = append(all, z.definitions()...)
	}
	for _, d := range p.doors {
		all = append(all, d.definitions()...)
	}
	return all
}

func (z *loop) key() string { return "zone/" + z.ID }

func (z *loop) definitions() []alarm.Definition {
	t := traits[z.Type]
	label := z.Label
	if label.IsZero() {
		label = point.Words{Zh: t.label.Zh + " " + z.ID, En: t.label.En + " " + z.ID}
	}
	d := alarm.Definition{Key: z.key(), Label: label, Room: z.Room, Point: z.Input, Priority: t.priority,
		Class: alarm.ClassAlarm, Instruction: z.Instruction, Latch: t.latch, Guarded: t.guarded, Silent: z.Silent, Resound: t.resound}
	if z.Priority != 0 {
		d.Priority = z.Priority
	}
	trouble := troubleOf(z.key(), label, z.Room, z.Input)
	if !t.armed {
		trouble.Priority = 2
	}
	if z.Was != "" {
		d.Was, trouble.Was = "zone/"+z.Was, "zone/"+z.Was+"/trouble"
	}
	return []alarm.Definition{d, trouble}
}

// troubleOf is the alarm of a contact that cannot be read.
func troubleOf(key string, label point.Words, room string, input point.Name) alarm.Definition {
	label = point.Words{Zh: label.In("zh") + "：回路故障", En: label.In("en") + ": loop fault"}
	return alarm.Definition{Key: key + "/trouble", Label: label, Room: room, Point: input, Priority: 3, Class: alarm.ClassTrouble,
		OnDelay: troubleDelay, OffDelay: troubleDelay,
		Instruction: point.Words{Zh: "该触点目前读不到：检查接线与设备", En: "This contact cannot be read: check its wiring and its device"}}
}

func (d *door) key() string { return "door/" + d.ID }

func (d *door) definitions() []alarm.Definition {
	label := title(d.Label, d.ID)
	forced := alarm.Definition{Key: d.key() + "/forced", Room: d.Room, Point: d.Contact, Priority: 2, Class: alarm.ClassAlarm,
		Label:       point.Words{Zh: label.Zh + "被强行打开", En: label.En + " forced open"},
		Instruction: point.Words{Zh: "查看现场或监控，确认是谁开的门", En: "Look on site or by camera who opened it"}}
	held := alarm.Definition{Key: d.key() + "/held", Room: d.Room, Point: d.Contact, Priority: 3, Class: alarm.ClassSupervisory,
		Label:       point.Words{Zh: label.Zh + "开门超时", En: label.En + " held open"},
		Instruction: point.Words{Zh: "请关门", En: "Close the door"}}
	trouble := troubleOf(d.key(), label, d.Room, d.Contact)
	if d.Was != "" {
		forced.Was, held.Was, trouble.Was = "door/"+d.Was+"/forced", "door/"+d.Was+"/held", "door/"+d.Was+"/trouble"
	}
	return []alarm.Definition{forced, held, trouble}
}

// title is a label in both languages, or the id where there is none.
func title(w point.Words, id string) point.Words {
	if w.IsZero() {
		return point.Words{Zh: id, En: id}
	}
	return point.Words{Zh: w.In("zh"), En: w.In("en")}
}
