package main

import (
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/web/ui/src/words"
)

// text is said in the language of the person.
func (c *cli) text(zh, en string, a ...any) string {
	if c.lang == "zh" {
		en = zh
	}
	return fmt.Sprintf(en, a...)
}

// named is a word of the API, such as the mode of a partition, as the page shows it.
func (c *cli) named(family, name string) string { return words.Named(c.lang, family, name) }

// say prints a line in the language of the person.
func (c *cli) say(zh, en string, a ...any) { fmt.Fprintln(c.out, c.text(zh, en, a...)) }

// report is a backtest as a person reads it: the rules, what rings by each set,
// and what data it rests on.
func (c *cli) report(r backtest.Report, rules []alarm.Rule) {
	c.say("回放 %s 至 %s", "replayed %s to %s", clock(r.From), clock(r.To))
	for _, x := range r.Refused {
		c.say("规则 %s 无法判断：%s", "rule %s cannot be judged: %s", x.Rule, x.Why.In(c.lang))
	}
	for _, t := range r.Rules {
		c.say("规则 %-16s 现行 %d 次，改后 %d 次：相同 %d，提前或推迟 %d，不再报警 %d，新增 %d",
			"rule %-16s now %d, then %d: %d the same, %d earlier or later, %d no longer, %d new", t.Rule, t.Old, t.New, t.Same, t.Moved, t.Gone, t.Added)
	}
	if len(r.Rules) == 0 {
		c.say("两套规则都没有报警", "neither set of rules rings")
	}
	c.raises("现行规则：%d 次报警", "the present rules: %d alarms", "-", r.Old)
	c.raises("改后规则：%d 次报警", "the changed rules: %d alarms", "+", r.New)
	c.coverage(r, rules)
}

// raises marks what only these rules would have rung.
func (c *cli) raises(zh, en, only string, o backtest.Outcome) {
	c.say(zh, en, len(o.Raises)+o.More)
	for _, a := range o.Raises {
		mark, shift, end := " ", "", "…"
		if a.Only {
			mark = only
		}
		if a.Shift != 0 {
			shift = fmt.Sprintf("  (%+.0f s)", a.Shift.Seconds())
		}
		if !a.Cleared.IsZero() {
			end = clock(a.Cleared)
		}
		fmt.Fprintf(c.out, "  %s %s – %s  %s%s\n", mark, clock(a.At), end, a.Text.In(c.lang), shift)
	}
	if o.More > 0 {
		c.say("    … 另有 %d 次", "    … %d more", o.More)
	}
}

// coverage says on what data the changed rules rest; that of the others is one line.
func (c *cli) coverage(r backtest.Report, rules []alarm.Rule) {
	if r.Began.After(r.From) {
		c.say("数据从 %s 开始", "data begin at %s", clock(r.Began))
	}
	for _, g := range r.Off {
		c.say("设备停机 %s – %s", "the box was off %s – %s", clock(g.From), clock(g.To))
	}
	others, gaps := 0, 0
	for _, p := range r.Coverage {
		if !reads(rules, string(p.Point)) {
			others, gaps = others+1, gaps+len(p.Gaps)+p.MoreGaps
			continue
		}
		c.cover(p)
	}
	if others > 0 {
		c.say("其余规则的 %d 个测点：%d 处无数据", "%d points of the other rules: %d gaps", others, gaps)
	}
}

func (c *cli) cover(p backtest.Coverage) {
	c.say("数据 %s：%d 个采样，约每 %v 一个，%d 处无数据", "data %s: %d samples, one every %v, %d gaps",
		p.Point, p.Samples, p.Resolution.Round(100*time.Millisecond), len(p.Gaps)+p.MoreGaps)
	if p.Computed {
		c.say("  未记录，由来源测点重新计算", "  not recorded, computed again from its sources")
	}
	if p.Thinned > 0 {
		c.say("  已压缩为每 %v 一段", "  thinned to slices of %v", p.Thinned)
	}
	for _, g := range p.Gaps {
		c.say("  无数据 %s – %s", "  gap %s – %s", clock(g.From), clock(g.To))
	}
}

// reads tells whether one of the rules is about the point.
func reads(rules []alarm.Rule, point string) bool {
	for _, r := range rules {
		for _, pattern := range r.Points {
			if matches(pattern, point) {
				return true
			}
		}
	}
	return false
}
