package zone

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
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
	control  bool // orders its partition about, and is no alarm itself
	kind     alarm.Kind
	resound  time.Duration
	label    point.Words // where the site file has none
}

// traits of the zone types. Panic, tamper, fire and environment are 24-hour
// zones (GB 50394-2007: a panic button cannot be disarmed and latches; tamper
// and line faults alarm in the armed and the disarmed state).
var traits = map[string]trait{
	"panic":       {kind: alarm.KindHoldUp, priority: 1, latch: true, guarded: true, resound: 15 * time.Minute, label: point.Words{Zh: "紧急报警", En: "Panic button"}},
	"tamper":      {kind: alarm.KindTamper, priority: 2, guarded: true, label: point.Words{Zh: "防拆报警", En: "Tamper"}},
	"fire":        {kind: alarm.KindFire, priority: 1, latch: true, label: point.Words{Zh: "火警", En: "Fire"}},
	"environment": {kind: alarm.KindEnvironment, priority: 2, label: point.Words{Zh: "环境报警", En: "Environment"}},
	"instant":     {kind: alarm.KindIntrusion, priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
	"entry":       {kind: alarm.KindIntrusion, priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
	"key-switch":  {priority: 1, armed: true, control: true, label: point.Words{Zh: "钥匙开关", En: "Key switch"}},
	"exit-button": {priority: 1, armed: true, control: true, label: point.Words{Zh: "离开按钮", En: "Final set button"}},
	"follower":    {kind: alarm.KindIntrusion, priority: 1, latch: true, armed: true, label: point.Words{Zh: "入侵报警", En: "Intrusion"}},
}

// troubleDelay keeps one lost answer of a bus from being a trouble.
const troubleDelay = 3 * time.Second

// Definitions are the alarms that the panel's signals are about: "zone/ID",
// "zone/ID/trouble", "door/ID/forced", "door/ID/held", "door/ID/wrong-cards", "door/ID/trouble".
func (p *Panel) Definitions() []alarm.Definition {
	var all []alarm.Definition
	for _, z := range p.zones {
		all = append(all, z.definitions()...)
	}
	for _, d := range p.doors {
		all = append(all, d.definitions()...)
	}
	for _, a := range p.partitions {
		all = append(all, a.definitions()...)
	}
	if len(p.partitions) > 0 {
		all = append(all, alarm.Definition{Key: CodesKey, Label: point.Words{Zh: "操作密码多次输错", En: "Panel code tried too often"},
			Priority: 2, Class: alarm.ClassAlarm, Kind: alarm.KindTamper, Latch: true, Guarded: true,
			Instruction: point.Words{Zh: "查看键盘处是谁在试密码；密码已暂时锁定，登录不受影响", En: "See who tries codes at the panel; codes are locked for a while, log-ins are not"}})
	}
	return all
}

// CodesKey is the alarm about codes that were tried too often.
const CodesKey = "panel/codes"

// definitions are the alarms of a partition as a whole.
func (a *area) definitions() []alarm.Definition {
	label := title(a.Label, a.ID)
	all := []alarm.Definition{{Key: a.key() + "/duress", Label: point.Words{Zh: label.Zh + "：胁迫撤布防", En: label.En + ": order under duress"},
		Priority: 1, Class: alarm.ClassAlarm, Kind: alarm.KindHoldUp, Latch: true, Guarded: true, Silent: true,
		Instruction: point.Words{Zh: "有人被胁迫：勿致电现场，立即报警 110", En: "Somebody is threatened: do not call the site, call the police"}}}
	if a.Verify > 0 {
		all = append(all, alarm.Definition{Key: a.key() + "/verified", Label: point.Words{Zh: label.Zh + "：入侵已核实", En: label.En + ": verified intrusion"},
			Priority: 1, Class: alarm.ClassAlarm, Kind: alarm.KindIntrusion, Latch: true,
			Instruction: point.Words{Zh: "两个探测器先后触发，按真实入侵处置", En: "Two detectors one after the other: treat it as real"}})
	}
	if a.Late != "" {
		all = append(all, alarm.Definition{Key: a.key() + "/late", Label: point.Words{Zh: label.Zh + "：逾时未布防", En: label.En + ": not armed in time"},
			Priority: 3, Class: alarm.ClassSupervisory, Instruction: point.Words{Zh: "确认无人后布防", En: "See that nobody is inside, then arm"}})
	}
	if a.Was != "" {
		for i := range all {
			all[i].Was = "partition/" + a.Was + strings.TrimPrefix(all[i].Key, a.key())
		}
	}
	return versioned(all, digest(a.Partition))
}

func (z *loop) key() string { return "zone/" + z.ID }

func (z *loop) definitions() []alarm.Definition {
	t := traits[z.Type]
	label := z.Label
	if label.IsZero() {
		label = point.Words{Zh: t.label.Zh + " " + z.ID, En: t.label.En + " " + z.ID}
	}
	d := alarm.Definition{Key: z.key(), Label: label, Room: z.Room, Point: z.Input, Priority: t.priority,
		Class: alarm.ClassAlarm, Kind: t.kind, Instruction: z.Instruction, Latch: t.latch, Guarded: t.guarded, Silent: z.Silent, Resound: t.resound}
	if z.Priority != 0 {
		d.Priority = z.Priority
	}
	if d.Kind == alarm.KindIntrusion && !z.Label.IsZero() {
		intrusion(&d)
	}
	trouble := troubleOf(z.key(), label, z.Room, z.Input)
	if !t.armed {
		trouble.Priority = 2
	}
	if z.Was != "" {
		d.Was, trouble.Was = "zone/"+z.Was, "zone/"+z.Was+"/trouble"
	}
	all := []alarm.Definition{trouble}
	if !t.control {
		all = append([]alarm.Definition{d}, all...)
	}
	for _, x := range z.supervision(t, label) {
		if z.Was != "" {
			x.Was = "zone/" + z.Was + strings.TrimPrefix(x.Key, z.key())
		}
		all = append(all, x)
	}
	return versioned(all, z.version())
}

// versioned names in each alarm what decides about it.
func versioned(all []alarm.Definition, version string) []alarm.Definition {
	for i := range all {
		all[i].Version = version
	}
	return all
}

// version is a digest of the zone and its partition, so that a decision names
// what decided it.
func (z *loop) version() string {
	d := struct {
		Zone      Zone
		Partition Partition
	}{Zone: z.Zone}
	if z.area != nil {
		d.Partition = z.area.Partition
	}
	return digest(d)
}

func digest(part any) string {
	b, err := json.Marshal(part)
	if err != nil {
		return "" // a resistance that is no number: refused elsewhere
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

// lineDelay lets the contact of a loop move: its resistance passes through
// strange values (EN 50131-1: longer than 400 ms must be processed).
const lineDelay = 400 * time.Millisecond

// intrusion says what the name of a door or a window does not: why it rings, and
// what to do where the site file has no word on it.
func intrusion(d *alarm.Definition) {
	d.Label = point.Words{Zh: d.Label.In("zh") + "入侵", En: d.Label.In("en") + " intrusion"}
	if d.Instruction.IsZero() {
		d.Instruction = point.Words{Zh: "先看监控核实；未弄清前不要独自进入", En: "Verify by camera first; do not go in alone"}
	}
}

// supervision are the alarms about the line and the detector, live armed or not
// (GB 50394-2007), each a zone of its own. A cut line of a fire or environment
// zone is a trouble, of any other sabotage.
func (z *loop) supervision(t trait, label point.Words) (all []alarm.Definition) {
	sabotage := alarm.Definition{Room: z.Room, Point: z.Input, Priority: 2, Class: alarm.ClassAlarm, Kind: alarm.KindTamper, Latch: true, Guarded: true,
		Instruction: point.Words{Zh: "到场检查探测器与线路是否被破坏", En: "Look on site whether detector and line were tampered with"}}
	if z.Tamper != "" {
		d := sabotage
		d.Key, d.Point, d.Label = z.key()+"/tamper", z.Tamper, point.Words{Zh: label.In("zh") + "：被拆", En: label.In("en") + ": tampered with"}
		all = append(all, d)
	}
	if z.Loop != nil {
		d := sabotage
		d.Key, d.Label, d.OnDelay = z.key()+"/line", point.Words{Zh: label.In("zh") + "：线路故障", En: label.In("en") + ": line fault"}, lineDelay
		if z.Type == "fire" || z.Type == "environment" {
			d.Class, d.Guarded = alarm.ClassTrouble, false
		}
		all = append(all, d)
	}
	if z.Type == "panic" {
		all = append(all, alarm.Definition{Key: z.key() + "/stuck", Label: point.Words{Zh: label.In("zh") + "：按钮卡住", En: label.In("en") + ": button is stuck"},
			Room: z.Room, Point: z.Input, Priority: 2, Class: alarm.ClassTrouble, Silent: z.Silent, // many buttons stay in until a key frees them
			Instruction: point.Words{Zh: "持续按下超过一分钟：复位按钮或检查接线", En: "Pressed for more than a minute: reset the button or check its wiring"}})
	}
	return all
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
	wrong := alarm.Definition{Key: d.key() + "/wrong-cards", Room: d.Room, Point: d.Reader, Priority: 2, Class: alarm.ClassAlarm, Kind: alarm.KindTamper, Latch: true,
		Label:       point.Words{Zh: label.Zh + "：连续刷卡被拒", En: label.En + ": wrong cards in a row"},
		Instruction: point.Words{Zh: "到门口或看监控，确认是谁在试卡；是自己人则补登或更正其卡，处理后复位", En: "See at the door or by camera who tries cards; if he belongs here, enter or correct his card; then reset"}}
	all := []alarm.Definition{forced, held, troubleOf(d.key(), point.Words{Zh: label.Zh + "门磁", En: label.En + " contact"}, d.Room, d.Contact)}
	if d.Reader != "" {
		all = append(all, wrong)
	}
	for i := range all {
		if d.Was != "" {
			all[i].Was = "door/" + d.Was + strings.TrimPrefix(all[i].Key, d.key())
		}
	}
	return versioned(all, digest(d.Door))
}

// title is a label in both languages, or the id where there is none.
func title(w point.Words, id string) point.Words {
	if w.IsZero() {
		return point.Words{Zh: id, En: id}
	}
	return point.Words{Zh: w.In("zh"), En: w.In("en")}
}
