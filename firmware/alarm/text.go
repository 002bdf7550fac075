package alarm

import (
	"strconv"
	"strings"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Texts is the change in one line of the language ("zh" or "en"), as a guard
// reads it: what it is, where, what was read, what became of it.
func Texts(c Change, language string) string { return Text(c, point.Words{}).In(language) }

// Text is the change in one line of both languages. room is the room's label;
// zero takes the one that the machine was told by Rooms.
//
//	紧急报警 机房：烟感报警 已恢复，待复位
//	Urgent alarm, machine room: smoke (31.2 °C): cleared, waits for reset
func Text(c Change, room point.Words) point.Words {
	if room.IsZero() {
		room = c.Alarm.RoomLabel
	}
	head, tail := heading(c.Alarm), outcome(c)
	if c.Alarm.Simulated {
		head = head.Simulated()
	}
	return point.Words{
		Zh: head.Zh + place(room.In("zh"), c.Alarm.label("zh"), " ", "：") + in("（", c.Alarm.Shown("zh"), "）") + in(" ", tail.Zh, ""),
		En: head.En + place(room.In("en"), c.Alarm.label("en"), ", ", ": ") + in(" (", c.Alarm.Shown("en"), ")") + in(": ", tail.En, ""),
	}
}

func in(before, s, after string) string {
	if s == "" {
		return ""
	}
	return before + s + after
}

// place names the room unless the label does so already.
func place(room, label, before, after string) string {
	if room == "" || strings.HasPrefix(label, room) {
		return after + label
	}
	return before + room + after + label
}

func (a Alarm) label(language string) string {
	switch {
	case !a.Text.IsZero():
		return a.Text.In(language)
	case !a.Label.IsZero():
		return a.Label.In(language)
	}
	return a.Key
}

// Shown is what was read at the raise, in words of the language where it has some.
func (a Alarm) Shown(language string) string {
	if !a.ValueText.IsZero() {
		return a.ValueText.In(language)
	}
	return a.Value
}

func heading(a Alarm) point.Words {
	switch {
	case a.Class == ClassTrouble:
		return point.Words{Zh: "故障", En: "Trouble"}
	case a.Class == ClassSupervisory:
		return point.Words{Zh: "监管报警", En: "Supervisory"}
	case a.Priority == 1:
		return point.Words{Zh: "紧急报警", En: "Urgent alarm"}
	}
	return point.Words{Zh: "报警", En: "Alarm"}
}

// outcome is what became of the alarm; empty for the first raise.
func outcome(c Change) point.Words {
	a := c.Alarm
	switch c.Type {
	case event.AlarmRaised:
		if a.Count > 1 {
			n := strconv.Itoa(a.Count)
			return point.Words{Zh: "第 " + n + " 次", En: "time " + n}
		}
		return point.Words{}
	case event.AlarmCleared:
		if a.Latched {
			return point.Words{Zh: "已恢复，待复位", En: "cleared, waits for reset"}
		}
		return point.Words{Zh: "已恢复", En: "cleared"}
	case event.AlarmAcknowledged:
		return by(c, "已确认", "acknowledged")
	case event.AlarmSilenced:
		return by(c, "已消音", "silenced")
	case event.AlarmReset:
		return by(c, "已复位", "reset")
	case event.AlarmShelved:
		until := a.Shelved.Format(" 2006-01-02 15:04 ")
		return by(c, "搁置至"+until, "shelved until"+strings.TrimRight(until, " "))
	}
	return notice(c)
}

// notice is the outcome of what the box does by itself.
func notice(c Change) point.Words {
	switch c.Type {
	case event.AlarmUnshelved:
		return by(c, "搁置结束", "no longer shelved")
	case event.AlarmContinued:
		return point.Words{Zh: "重启后仍在报警", En: "still stands after the restart"}
	case event.AlarmResounded:
		return point.Words{Zh: "仍无人确认，再次鸣响", En: "nobody has acknowledged, sounds again"}
	case event.AlarmChattering:
		return point.Words{Zh: "信号频繁抖动，保持报警直到安静一分钟", En: "chatters, stays raised until quiet for a minute"}
	case event.AlarmRemoved:
		return by(c, "已随配置移除", "removed by configuration")
	case event.RuleOutOfService:
		return by(c, "规则出错，已停用", "rule failed, out of service")
	}
	return apart(c)
}

// apart is the outcome of what takes an alarm out of the crowd, or the crowd itself.
func apart(c Change) point.Words {
	a := c.Alarm
	switch c.Type {
	case event.AlarmSuppressed:
		why := a.SuppressedBy
		if why.IsZero() {
			why = point.Words{Zh: a.Suppressed, En: a.Suppressed}
		}
		return point.Words{Zh: "由「" + why.In("zh") + "」引起，不单独报警", En: "explained by “" + why.In("en") + "”, no alarm of its own"}
	case event.AlarmUnsuppressed:
		return point.Words{Zh: "原因已消除但仍未恢复，单独报警", En: "its cause is gone and it is not, alarm of its own"}
	case event.AlarmStanding:
		return point.Words{Zh: "已持续 24 小时，列入长期报警", En: "has stood for 24 hours, listed as a standing alarm"}
	case event.AlarmOutOfService:
		at := a.RemovedUntil.Format("2006-01-02 15:04")
		return by(c, "停用至 "+at, "out of service until "+at)
	case event.AlarmInService:
		return by(c, "恢复使用", "back in service")
	case event.FloodBegan:
		return point.Words{Zh: "短时间内报警超过 " + c.Text + " 条，3、4 级暂不响铃，全部列出", En: "more than " + c.Text + " alarms in a short time, priorities 3 and 4 make no noise, all are listed"}
	case event.FloodEnded:
		return point.Words{Zh: "已平息，共 " + c.Text + " 条", En: "it is over, " + c.Text + " alarms in all"}
	}
	return point.Words{Zh: string(c.Type), En: string(c.Type)}
}

// by adds who did it and what he said.
func by(c Change, zh, en string) point.Words {
	who := c.Actor
	if who == box {
		who = ""
	}
	zh, en = strings.TrimRight(zh, " "), strings.TrimRight(en, " ")
	return point.Words{
		Zh: zh + in("（", who+in(colon(who, "："), c.Text, ""), "）"),
		En: en + in(" by ", who, "") + in(" (", c.Text, ")"),
	}
}

func colon(who, mark string) string {
	if who == "" {
		return ""
	}
	return mark
}
