package alarm

import (
	"strconv"
	"strings"

	"watchbox/firmware/condition"
	"watchbox/firmware/point"
)

// namedMost is how many points of a rule over several a sentence names.
const namedMost = 5

// together is the fact of a rule over several points: how many are beyond the
// limit, or what the expression asks, and what was read.
//
//	3 个点中 2 个高于上限 28 °C（至少 2 个才报警）：1# 温度 29 °C、2# 温度 31 °C
//	2 of 3 points above the limit of 28 °C (2 make the alarm): T1 29 °C, T2 31 °C
func (l *life) together() point.Words {
	seen, c := l.rule.test.(condition.Several).Seen(), l.rule.condition
	var shown []condition.Reading
	beyond, doubtful := 0, 0
	for _, r := range seen {
		if r.Beyond {
			beyond++
		}
		if r.Doubtful {
			doubtful++
		}
		if r.Beyond || r.Doubtful || c.Expression != "" {
			shown = append(shown, r)
		}
	}
	list := readings(shown)
	if c.Expression != "" {
		zh, en := "不成立", "is false"
		switch {
		case doubtful > 0:
			zh, en = "无法判断", "cannot be judged"
		case l.holds:
			zh, en = "成立", "is true"
		}
		return point.Words{Zh: "条件「" + c.Expression + "」" + zh + in("：", list.Zh, ""), En: "“" + c.Expression + "” " + en + in(": ", list.En, "")}
	}
	n, of, least := strconv.Itoa(beyond), strconv.Itoa(len(seen)), strconv.Itoa(c.AtLeast)
	asked := asks(c, seen[0].Point)
	w := point.Words{Zh: of + " 个点中 " + n + " 个" + asked.Zh + "（至少 " + least + " 个才报警）", En: n + " of " + of + " points " + asked.En + " (" + least + " make the alarm)"}
	if doubtful > 0 {
		d := strconv.Itoa(doubtful)
		w = point.Words{Zh: w.Zh + "，" + d + " 个读不到", En: w.En + ", " + d + " cannot be read"}
	}
	return point.Words{Zh: w.Zh + in("：", list.Zh, ""), En: w.En + in(": ", list.En, "")}
}

// asks is what a limit or a state of a rule asks for.
func asks(c Condition, p *point.Point) point.Words {
	state := stateOf(c.Is+c.IsNot, p)
	switch {
	case c.Above != nil:
		return figure(p, *c.Above, "高于上限 ", "above the limit of ")
	case c.Below != nil:
		return figure(p, *c.Below, "低于下限 ", "below the limit of ")
	case c.Is != "":
		return point.Words{Zh: "为「" + state.Zh + "」", En: "are “" + state.En + "”"}
	}
	return point.Words{Zh: "不是「" + state.Zh + "」", En: "are not “" + state.En + "”"}
}

// readings lists points with what was read of them.
func readings(list []condition.Reading) point.Words {
	var zh, en []string
	for i, r := range list {
		if i == namedMost {
			zh, en = append(zh, "…"), append(en, "…")
			break
		}
		value := valueOf(r.Last.Value, r.Point)
		if r.Doubtful {
			value = point.Words{Zh: "读不到", En: "not read"}
		}
		name := titled(r.Point)
		zh, en = append(zh, name.Zh+" "+value.Zh), append(en, name.En+" "+value.En)
	}
	return point.Words{Zh: strings.Join(zh, "、"), En: strings.Join(en, ", ")}
}

// titled is a point's label in both languages, or its name.
func titled(p *point.Point) point.Words {
	if p.Label.IsZero() {
		return point.Words{Zh: string(p.Name), En: string(p.Name)}
	}
	return point.Words{Zh: p.Label.In("zh"), En: p.Label.In("en")}
}

// valueOf is a value as a person reads it; a contact without words of its own
// is 动作 or 静止, active or at rest.
func valueOf(v point.Value, p *point.Point) point.Words {
	value, words := condition.Shown(v, p)
	switch {
	case !words.IsZero():
		return point.Words{Zh: words.In("zh"), En: words.In("en")}
	case value != "" || v.Kind() != point.Bool:
		return point.Words{Zh: value, En: value}
	case v.Truth():
		return point.Words{Zh: "动作", En: "active"}
	}
	return point.Words{Zh: "静止", En: "at rest"}
}

// stateOf is what a rule's state is called: "1" of a door contact is 门开.
func stateOf(s string, p *point.Point) point.Words {
	if v, ok := condition.State(s, p); ok {
		return valueOf(v, p)
	}
	return point.Words{Zh: s, En: s}
}

// state says how a reading stands to the state that a rule asks for.
func (l *life) state(c Condition) point.Words {
	want := stateOf(c.Is+c.IsNot, l.rule.point)
	switch {
	case c.Is != "" && l.holds:
		return point.Words{Zh: "正是报警状态「" + want.Zh + "」", En: "which is the alarm state “" + want.En + "”"}
	case c.Is != "":
		return point.Words{Zh: "不是报警状态「" + want.Zh + "」", En: "not the alarm state “" + want.En + "”"}
	case l.holds:
		return point.Words{Zh: "不是应有的「" + want.Zh + "」", En: "not “" + want.En + "” as it should be"}
	}
	return point.Words{Zh: "是应有的「" + want.Zh + "」", En: "“" + want.En + "” as it should be"}
}

// meaning is the value at a raise in words that mean something by themselves: a
// bare yes or no is told with what it is about, or not at all where the alarm's
// own text says so already.
func meaning(v point.Value, p *point.Point, text point.Words) (value string, words point.Words) {
	value, words = condition.Shown(v, p)
	name := titled(p)
	switch {
	case !p.Bare() || words.IsZero():
		return value, words
	case v.Truth() && strings.Contains(text.In("zh"), name.Zh):
		return "", point.Words{}
	}
	words = point.Words{Zh: name.Zh + "：" + words.In("zh"), En: name.En + ": " + words.In("en")}
	return words.Zh, words
}
