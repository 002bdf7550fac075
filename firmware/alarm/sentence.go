package alarm

import (
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// inputs is what the verdict rests on: what the rule's test has read, or the
// newest signal of a zone or of the box.
func (l *life) inputs() []event.Input {
	switch {
	case l.rule != nil:
		return l.rule.test.Inputs()
	case l.saidAt != (point.Instant{}) && (l.Point != "" || l.said.Value != ""):
		return []event.Input{{Point: l.Point, Value: l.said.Value, At: l.saidAt}}
	}
	return nil
}

// sentence is the decision in one line that a guard understands:
//
//	温度 27.8 °C，未超过上限 28 °C，未报警
//	temperature 27.8 °C, not above the limit of 28 °C: no alarm
func (l *life) sentence(d event.Decision) point.Words {
	fact, end := l.fact(), l.end(d)
	return point.Words{Zh: fact.Zh + "，" + end.Zh, En: fact.En + ": " + end.En}
}

// fact is what was seen, and how that compares with what the alarm asks for.
func (l *life) fact() point.Words {
	switch {
	case l.rule == nil:
		return l.spoken()
	case l.newest.Point == "":
		name := titled(l.rule.point)
		return point.Words{Zh: name.Zh + " 尚无数据", En: name.En + " has not been read yet"}
	case l.rule.group:
		return l.together()
	}
	name := titled(l.rule.point)
	if q := l.newest.Quality; !q.Usable() {
		return point.Words{Zh: name.Zh + " 数据无效" + in("（", reasons[q.Reason], "）"), En: name.En + " has no valid data" + in(" (", q.Reason.String(), ")")}
	}
	value, compared := valueOf(l.newest.Value, l.rule.point), compare(l.rule.condition, l)
	return point.Words{Zh: name.Zh + " " + value.Zh + in("，", compared.Zh, ""), En: name.En + " " + value.En + in(", ", compared.En, "")}
}

// spoken is the fact of a condition that a zone or the box sees.
func (l *life) spoken() point.Words {
	name := l.Label
	if name.IsZero() {
		name = point.Words{Zh: l.Key, En: l.Key}
	}
	zh, en := "报警条件不成立", "its condition does not hold"
	switch said := l.said.Text; {
	case !l.known && l.Active:
		zh, en = "重启前已成立，之后尚无数据", "it held before the restart, nothing was heard since"
	case !l.known:
		zh, en = "尚无数据", "nothing was heard yet"
	case l.holds && !said.IsZero():
		return said
	case l.holds:
		zh, en = "报警条件成立"+in("（", l.said.Value, "）"), "its condition holds"+in(" (", l.said.Value, ")")
	}
	return point.Words{Zh: name.In("zh") + "：" + zh, En: name.In("en") + ": " + en}
}

// compare says how the reading stands to the condition. Inside the deadband an
// alarm that stands is not over yet.
func compare(c Condition, l *life) point.Words {
	f, _ := l.newest.Value.Float()
	switch p := l.rule.point; {
	case c.Above != nil:
		return beyond(p, f > *c.Above, l.holds, *c.Above, c.End(), [2]string{"高于上限", "above the limit of"}, [2]string{"未超过上限", "not above the limit of"}, [2]string{"尚未回落到", "not yet down to"})
	case c.Below != nil:
		return beyond(p, f < *c.Below, l.holds, *c.Below, c.End(), [2]string{"低于下限", "below the limit of"}, [2]string{"未低于下限", "not below the limit of"}, [2]string{"尚未回升到", "not yet up to"})
	case c.Is == "" && c.IsNot == "":
		return l.overTime(c)
	}
	return l.state(c)
}

// overTime says how a condition over time stands.
func (l *life) overTime(c Condition) point.Words {
	is, isEn := "未", "not "
	if l.holds {
		is, isEn = "已", ""
	}
	switch {
	case c.Rises != nil:
		return l.change(is, isEn, "上升 ", "risen by ", c.Rises)
	case c.Falls != nil:
		return l.change(is, isEn, "下降 ", "fallen by ", c.Falls)
	case c.Stuck > 0:
		n := point.Span(c.Stuck)
		return point.Words{Zh: is + "达到 " + n.Zh + "不变", En: isEn + "unchanged for " + n.En}
	}
	n := point.Span(c.Stale)
	return point.Words{Zh: is + "达到 " + n.Zh + "无数据", En: isEn + "without data for " + n.En}
}

func (l *life) change(is, isEn, way, wayEn string, c *condition.Change) point.Words {
	by, within := figure(l.rule.point, c.By, way, wayEn), point.Span(c.Within)
	return point.Words{Zh: within.Zh + "内" + is + by.Zh, En: isEn + by.En + " within " + within.En}
}

// figure is a number with the point's unit, after its words.
func figure(p *point.Point, f float64, zh, en string) point.Words {
	n := strings.TrimSpace(strconv.FormatFloat(f, 'f', -1, 64) + " " + string(p.Unit))
	return point.Words{Zh: zh + n, En: en + n}
}

func beyond(p *point.Point, past, holds bool, limit, back float64, out, within, band [2]string) point.Words {
	say := within
	switch {
	case past:
		say = out
	case holds:
		say, limit = band, back
	}
	return figure(p, limit, say[0]+" ", say[1]+" ")
}

// end is the verdict in words.
func (l *life) end(d event.Decision) point.Words {
	switch d.Verdict {
	case VerdictWaiting:
		return timed(l.delay(), "延时 ", "，尚未报警", "a delay of ", " runs, no alarm yet")
	case VerdictWithdrawn:
		return timed(l.OnDelay, "未满延时 ", " 即恢复，未报警", "gone before the delay of ", " ended, no alarm")
	case VerdictClearing:
		if l.bound {
			return point.Words{Zh: "原因仍在，保持报警", En: "a cause still stands, the alarm stays"}
		}
		return timed(max(l.OffDelay, firm), "恢复延时 ", "，保持报警", "an off-delay of ", " runs, the alarm stays")
	case VerdictRaised:
		if l.OnDelay > 0 {
			return timed(l.OnDelay, "延时 ", "已满，报警", "its delay of ", " is over, alarm")
		}
	case VerdictShelved:
		return until(l.Shelved, l.ShelvedBy, "搁置至 ", "，不报警", "shelved until ", ", no alarm")
	case VerdictSuppressed:
		why := l.SuppressedBy
		if why.IsZero() {
			why = point.Words{Zh: d.Cause, En: d.Cause}
		}
		return point.Words{Zh: "由「" + why.In("zh") + "」引起，不单独报警", En: "explained by “" + why.In("en") + "”, no alarm of its own"}
	case VerdictRemoved:
		if l.removed() {
			return until(l.RemovedUntil, l.RemovedBy, "停用至 ", "，不报警", "out of service until ", ", no alarm")
		}
		return point.Words{Zh: "规则出错已停用，不再判断", En: "its rule failed and is out of service, nothing is judged"}
	}
	return ends[d.Verdict]
}

// ends are the verdicts that need no figures.
var ends = map[string]point.Words{
	VerdictQuiet:       {Zh: "未报警", En: "no alarm"},
	VerdictRaised:      {Zh: "报警", En: "alarm"},
	VerdictCleared:     {Zh: "报警已恢复", En: "the alarm is cleared"},
	VerdictOffSchedule: {Zh: "不在规则的时段内，未报警", En: "outside the hours of its rule, no alarm"},
	VerdictUnsure:      {Zh: "既不报警也不恢复，保持原状", En: "nothing is raised and nothing cleared"},
	VerdictChattering:  {Zh: "信号频繁抖动，保持报警", En: "it chatters, the alarm stays"},
}

func timed(d time.Duration, zh, zhAfter, en, enAfter string) point.Words {
	n := point.Span(d)
	return point.Words{Zh: zh + n.Zh + zhAfter, En: en + n.En + enAfter}
}

// reasons are the qualities in Chinese; in English they are what they are called.
var reasons = map[point.Reason]string{point.NotPresent: "设备无此项", point.DeviceFault: "设备报错", point.CommFailure: "通信失败",
	point.Timeout: "应答超时", point.Stale: "数据过期", point.OutOfRange: "超出量程", point.Overflow: "有丢失", point.Substituted: "人工代入",
	point.Blocked: "已停读", point.Simulated: "模拟值", point.ClockUnset: "时钟未设"}

func until(t time.Time, who, zh, zhAfter, en, enAfter string) point.Words {
	at := t.Format("2006-01-02 15:04")
	return point.Words{Zh: zh + at + in("（", who, "）") + zhAfter, En: en + at + in(" by ", who, "") + enAfter}
}
