package alarm

import (
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestTexts(t *testing.T) {
	smoke := Alarm{Definition: Definition{Key: "zone/smoke", Priority: 1, Class: ClassAlarm,
		RoomLabel: point.Words{Zh: "机房", En: "Machine room"}}, Text: point.Words{Zh: "烟感报警", En: "smoke"}, Count: 1}
	hot := smoke
	hot.Priority, hot.Value, hot.Count, hot.Text = 2, "31.2 °C", 3, point.Words{Zh: "机房温度高", En: "Machine room hot"}
	leak := smoke
	leak.Class, leak.Value, leak.ValueText, leak.Latched = ClassSupervisory, "漏水", point.Words{Zh: "漏水", En: "leak"}, true
	shelf := smoke
	shelf.Shelved = time.Date(2026, 5, 2, 18, 0, 0, 0, time.UTC)
	shelf.RemovedUntil = shelf.Shelved
	hidden := smoke
	hidden.Suppressed, hidden.SuppressedBy = "mains", point.Words{Zh: "市电中断", En: "mains failed"}
	table := []struct {
		c      Change
		zh, en string
	}{
		{Change{Type: event.AlarmRaised, Alarm: smoke}, "紧急报警 机房：烟感报警", "Urgent alarm, Machine room: smoke"},
		{Change{Type: event.AlarmRaised, Alarm: hot}, "报警：机房温度高（31.2 °C） 第 3 次", "Alarm: Machine room hot (31.2 °C): time 3"},
		{Change{Type: event.AlarmCleared, Alarm: leak}, "监管报警 机房：烟感报警（漏水） 已恢复，待复位", "Supervisory, Machine room: smoke (leak): cleared, waits for reset"},
		{Change{Type: event.AlarmAcknowledged, Alarm: smoke, Actor: "张三", Text: "去看了"}, "紧急报警 机房：烟感报警 已确认（张三：去看了）", "Urgent alarm, Machine room: smoke: acknowledged by 张三 (去看了)"},
		{Change{Type: event.AlarmSilenced, Alarm: smoke, Actor: "张三"}, "紧急报警 机房：烟感报警 已消音（张三）", "Urgent alarm, Machine room: smoke: silenced by 张三"},
		{Change{Type: event.AlarmShelved, Alarm: shelf, Actor: "li", Text: "works"}, "紧急报警 机房：烟感报警 搁置至 2026-05-02 18:00（li：works）", "Urgent alarm, Machine room: smoke: shelved until 2026-05-02 18:00 by li (works)"},
		{Change{Type: event.AlarmUnshelved, Alarm: smoke, Actor: "box"}, "紧急报警 机房：烟感报警 搁置结束", "Urgent alarm, Machine room: smoke: no longer shelved"},
		{Change{Type: event.RuleOutOfService, Alarm: smoke, Actor: "box", Text: "boom"}, "紧急报警 机房：烟感报警 规则出错，已停用（boom）", "Urgent alarm, Machine room: smoke: rule failed, out of service (boom)"},
		{Change{Type: event.AlarmSuppressed, Alarm: hidden, Actor: "box"}, "紧急报警 机房：烟感报警 由「市电中断」引起，不单独报警", "Urgent alarm, Machine room: smoke: explained by “mains failed”, no alarm of its own"},
		{Change{Type: event.AlarmUnsuppressed, Alarm: smoke, Actor: "box"}, "紧急报警 机房：烟感报警 原因已消除但仍未恢复，单独报警", "Urgent alarm, Machine room: smoke: its cause is gone and it is not, alarm of its own"},
		{Change{Type: event.AlarmStanding, Alarm: smoke, Actor: "box"}, "紧急报警 机房：烟感报警 已持续 24 小时，列入长期报警", "Urgent alarm, Machine room: smoke: has stood for 24 hours, listed as a standing alarm"},
		{Change{Type: event.AlarmOutOfService, Alarm: shelf, Actor: "li, wang", Text: "stuck"}, "紧急报警 机房：烟感报警 停用至 2026-05-02 18:00（li, wang：stuck）", "Urgent alarm, Machine room: smoke: out of service until 2026-05-02 18:00 by li, wang (stuck)"},
		{Change{Type: event.AlarmInService, Alarm: smoke, Actor: "box"}, "紧急报警 机房：烟感报警 恢复使用", "Urgent alarm, Machine room: smoke: back in service"},
		{Change{Type: event.FloodBegan, Alarm: smoke, Actor: "box", Text: "10"}, "紧急报警 机房：烟感报警 短时间内报警超过 10 条，3、4 级暂不响铃，全部列出", "Urgent alarm, Machine room: smoke: more than 10 alarms in a short time, priorities 3 and 4 make no noise, all are listed"},
		{Change{Type: event.FloodEnded, Alarm: smoke, Actor: "box", Text: "42"}, "紧急报警 机房：烟感报警 已平息，共 42 条", "Urgent alarm, Machine room: smoke: it is over, 42 alarms in all"},
	}
	for _, row := range table {
		if got := Texts(row.c, "zh"); got != row.zh {
			t.Errorf("zh: got %q, want %q", got, row.zh)
		}
		if got := Texts(row.c, "en"); got != row.en {
			t.Errorf("en: got %q, want %q", got, row.en)
		}
	}
}
