package alarm

import (
	"testing"
	"time"

	"watchbox/firmware/condition"
	"watchbox/firmware/point"
)

var (
	facts = []point.Point{
		{Name: "th1/t", Label: point.Words{Zh: "1# 温度", En: "T1"}, Kind: point.Real, Unit: "°C", Decimals: 1},
		{Name: "th2/t", Label: point.Words{Zh: "2# 温度", En: "T2"}, Kind: point.Real, Unit: "°C", Decimals: 1},
		{Name: "th3/t", Label: point.Words{Zh: "3# 温度", En: "T3"}, Kind: point.Real, Unit: "°C", Decimals: 1},
		{Name: "ac1/on", Label: point.Words{Zh: "空调运行", En: "AC runs"}, Kind: point.Bool, States: point.YesNo},
		{Name: "ac1/filter", Label: point.Words{Zh: "滤网堵塞", En: "filter clogged"}, Kind: point.Bool, States: point.YesNo},
		{Name: "oc/door", Label: point.Words{Zh: "门磁", En: "door contact"}, Kind: point.Bool, States: map[int64]point.Words{0: {Zh: "门关", En: "closed"}, 1: {Zh: "门开", En: "open"}}},
		{Name: "oc/water", Label: point.Words{Zh: "水浸", En: "water rope"}, Kind: point.Bool},
		{Name: "ups/mode", Label: point.Words{Zh: "运行方式", En: "mode"}, Kind: point.Int, States: map[int64]point.Words{3: {Zh: "市电", En: "mains"}, 5: {Zh: "电池", En: "battery"}}},
	}
)

// Each kind of condition says what was true: value, limit, unit, how long.
func TestEachConditionSaysWhatWasTrue(t *testing.T) {
	set := func(n point.Name, v point.Value) point.Sample { return point.Sample{Point: n, Value: v} }
	lost := func(n point.Name) point.Sample {
		return point.Sample{Point: n, Quality: point.BadBecause(point.Timeout)}
	}
	for _, c := range []struct {
		when    Condition
		point   string
		samples []point.Sample
		after   time.Duration
		zh, en  string
	}{
		{Condition{Above: real(28), AtLeast: 2}, "*/t", []point.Sample{set("th1/t", point.OfReal(29)), set("th2/t", point.OfReal(31)), set("th3/t", point.OfReal(20))}, 0,
			"3 个点中 2 个高于上限 28 °C（至少 2 个才报警）：1# 温度 29.0 °C、2# 温度 31.0 °C，报警", "2 of 3 points above the limit of 28 °C (2 make the alarm): T1 29.0 °C, T2 31.0 °C: alarm"},
		{Condition{Above: real(28), AtLeast: 2}, "*/t", []point.Sample{set("th1/t", point.OfReal(29)), set("th2/t", point.OfReal(20)), lost("th3/t")}, 0,
			"3 个点中 1 个高于上限 28 °C（至少 2 个才报警），1 个读不到：1# 温度 29.0 °C、3# 温度 读不到，既不报警也不恢复，保持原状", ""},
		{Condition{Below: real(5), AtLeast: 1}, "*/t", []point.Sample{set("th1/t", point.OfReal(29)), set("th2/t", point.OfReal(20)), set("th3/t", point.OfReal(20))}, 0,
			"3 个点中 0 个低于下限 5 °C（至少 1 个才报警），未报警", "0 of 3 points below the limit of 5 °C (1 make the alarm): no alarm"},
		{Condition{Expression: "{ac1/on} == false && {th1/t} > 28"}, "", []point.Sample{set("ac1/on", point.OfBool(false)), set("th1/t", point.OfReal(29))}, 0,
			"条件「{ac1/on} == false && {th1/t} > 28」成立：空调运行 否、1# 温度 29.0 °C，报警", "“{ac1/on} == false && {th1/t} > 28” is true: AC runs no, T1 29.0 °C: alarm"},
		{Condition{Expression: "{ac1/on} == false && {th1/t} > 28"}, "", []point.Sample{set("ac1/on", point.OfBool(true)), set("th1/t", point.OfReal(29))}, 0,
			"条件「{ac1/on} == false && {th1/t} > 28」不成立：空调运行 是、1# 温度 29.0 °C，未报警", ""},
		{Condition{Is: "true"}, "oc/door", []point.Sample{set("oc/door", point.OfBool(true))}, 0, "门磁 门开，正是报警状态「门开」，报警", "door contact open, which is the alarm state “open”: alarm"},
		{Condition{Is: "true"}, "oc/door", []point.Sample{set("oc/door", point.OfBool(false))}, 0, "门磁 门关，不是报警状态「门开」，未报警", "door contact closed, not the alarm state “open”: no alarm"},
		{Condition{Is: "true"}, "oc/water", []point.Sample{set("oc/water", point.OfBool(true))}, 0, "水浸 动作，正是报警状态「动作」，报警", "water rope active, which is the alarm state “active”: alarm"},
		{Condition{IsNot: "3"}, "ups/mode", []point.Sample{set("ups/mode", point.OfInt(5))}, 0, "运行方式 电池，不是应有的「市电」，报警", "mode battery, not “mains” as it should be: alarm"},
		{Condition{IsNot: "市电"}, "ups/mode", []point.Sample{set("ups/mode", point.OfInt(3))}, 0, "运行方式 市电，是应有的「市电」，未报警", "mode mains, “mains” as it should be: no alarm"},
		{Condition{Rises: &condition.Change{By: 5, Within: 10 * time.Minute}}, "th1/t", []point.Sample{set("th1/t", point.OfReal(20)), set("th1/t", point.OfReal(26))}, 0,
			"1# 温度 26.0 °C，10 分内已上升 5 °C，报警", "T1 26.0 °C, risen by 5 °C within 10 min: alarm"},
		{Condition{Stuck: 90 * time.Minute}, "th1/t", []point.Sample{set("th1/t", point.OfReal(20))}, 2 * time.Hour, "1# 温度 20.0 °C，已达到 1 小时 30 分不变，报警", "T1 20.0 °C, unchanged for 1 h 30 min: alarm"},
	} {
		rule := Rule{ID: "r", When: c.when, Priority: 2}
		if c.point != "" {
			rule.Points = []string{c.point}
		}
		m, errs := New([]Rule{rule}, facts, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for i, s := range c.samples {
			s.At = at(time.Duration(i) * time.Second)
			m.Sample(s.At, s)
		}
		m.Tick(at(c.after + 10*time.Second))
		key := "r/" + c.point
		if c.when.Group() {
			key = "r/" + GroupItem
		}
		if d, ok := m.Explain(key); !ok || d.Text.Zh != c.zh || c.en != "" && d.Text.En != c.en {
			t.Errorf("got  %q %q\nwant %q %q", d.Text.Zh, d.Text.En, c.zh, c.en)
		}
	}
}

// The text of an alarm about a bare yes or no says what it is about.
func TestTheTextOfABareBoolean(t *testing.T) {
	for _, c := range []struct {
		point  string
		is     string
		label  point.Words
		zh, en string
	}{
		{"ac1/on", "false", point.Words{Zh: "1# 空调停机", En: "AC 1 has stopped"}, "报警：1# 空调停机（空调运行：否）", "Alarm: AC 1 has stopped (AC runs: no)"},
		{"ac1/filter", "true", point.Words{Zh: "请清洗空调", En: "Clean the AC"}, "报警：请清洗空调（滤网堵塞：是）", "Alarm: Clean the AC (filter clogged: yes)"},
		{"ac1/filter", "true", point.Words{}, "报警：ac1滤网堵塞", "Alarm: ac1 filter clogged"},
		{"oc/door", "true", point.Words{Zh: "机房门", En: "Room door"}, "报警：机房门（门开）", "Alarm: Room door (open)"},
		{"oc/water", "true", point.Words{Zh: "机房漏水", En: "Water in the room"}, "报警：机房漏水", "Alarm: Water in the room"},
	} {
		m, errs := New([]Rule{{ID: "r", Points: []string{c.point}, When: Condition{Is: c.is}, Priority: 2, Label: c.label}}, facts, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		m.Sample(at(0), point.Sample{Point: point.Name(c.point), Value: point.OfBool(c.is == "true"), At: at(0)})
		changes := m.Take()
		if len(changes) != 1 || Texts(changes[0], "zh") != c.zh || Texts(changes[0], "en") != c.en {
			t.Errorf("got  %q %q\nwant %q %q", Texts(changes[0], "zh"), Texts(changes[0], "en"), c.zh, c.en)
		}
	}
}
