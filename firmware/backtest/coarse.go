package backtest

import (
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/point"
)

// judge refuses the rules that need finer data than was kept. Samples as the box
// reads them today are fine enough for any rule: it would judge on the same.
func (p *plan) judge(list []Coverage) {
	kept := map[point.Name]Coverage{}
	for _, c := range list {
		kept[c.Point] = c
	}
	for _, rules := range [][]alarm.Rule{p.q.New, p.q.Old} {
		for _, r := range rules {
			for _, n := range p.uses[p.present(r.ID)] {
				if why := p.coarse(kept[n], r); !why.IsZero() {
					p.refuse(r.ID, why)
					break
				}
			}
		}
	}
}

func (p *plan) coarse(c Coverage, r alarm.Rule) (why point.Words) {
	x := p.points[c.Point]
	needs, timed := finest(r)
	_, derived := p.derived[c.Point] // comes as its sources do
	switch {
	case x == nil || c.Computed:
	case c.Thinned > needs:
		return point.Words{Zh: fmt.Sprintf("%s 的记录已抽稀为 %v 一段，规则需要 %v 以内的数据", c.Point, c.Thinned, needs),
			En: fmt.Sprintf("the record of %s was thinned to %v, the rule needs data within %v", c.Point, c.Thinned, needs)}
	case timed && !derived && !x.Urgent && c.Resolution > needs && c.Resolution > time.Duration(x.Stale)*time.Millisecond:
		return point.Words{Zh: fmt.Sprintf("%s 每 %v 才有一条记录，规则需要每 %v 一条", c.Point, c.Resolution, needs),
			En: fmt.Sprintf("%s has a sample every %v, the rule needs one every %v", c.Point, c.Resolution, needs)}
	}
	return why
}

// finest is the time between samples that the rule can do with at most. One
// without any time of its own still tells one alarm from a chattering one: five
// raises in a minute.
func finest(r alarm.Rule) (need time.Duration, timed bool) {
	need = time.Minute
	windows := []time.Duration{r.OnDelay, r.OffDelay, r.When.Stale, r.When.Stuck}
	for _, c := range []*condition.Change{r.When.Rises, r.When.Falls} {
		if c != nil {
			windows = append(windows, c.Within/4)
		}
	}
	for _, d := range windows {
		if d > 0 && (d < need || !timed) {
			need, timed = d, true
		}
	}
	return need, timed
}
