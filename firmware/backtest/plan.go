package backtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/config"
	"watchbox/firmware/derive"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// plan knows which rules are replayed, on which points, and which are refused.
type plan struct {
	q       Request
	points  map[point.Name]*point.Point
	derived map[point.Name]derive.Definition
	formers map[string]string       // a rule's former id to its present one
	uses    map[string][]point.Name // points of each rule
	needed  map[point.Name]bool     // that are read or computed
	refused []Refusal
	out     map[string]bool // ids of refused rules
}

func newPlan(q Request) *plan {
	p := &plan{q: q, points: map[point.Name]*point.Point{}, derived: map[point.Name]derive.Definition{}, formers: map[string]string{},
		uses: map[string][]point.Name{}, needed: map[point.Name]bool{}, out: map[string]bool{}}
	for i := range q.Points {
		p.points[q.Points[i].Name] = &q.Points[i]
	}
	for _, d := range q.Derived {
		p.derived[d.Point] = d
	}
	for _, r := range q.New {
		if r.Was != "" {
			p.formers[r.Was] = r.ID
		}
	}
	return p
}

// present is the id by which a rule is known now.
func (p *plan) present(id string) string { return cmp.Or(p.formers[id], id) }

func (p *plan) refuse(id string, why point.Words) {
	if id = p.present(id); !p.out[id] {
		p.out[id] = true
		p.refused = append(p.refused, Refusal{id, why})
	}
}

// base is the id in the site file of a rule as the compiler names it: limits
// make "id.high" and so on.
func base(rules []alarm.Rule) func(string) string {
	levels := map[string]string{}
	for _, r := range rules {
		levels[r.ID] = r.ID
		if r.Limits != nil {
			for _, l := range []string{"low-low", "low", "high", "high-high"} {
				levels[r.ID+"."+l] = r.ID
			}
		}
	}
	return func(id string) string { return cmp.Or(levels[id], id) }
}

// admit takes the rules whose points can be read together with those that are
// taken already. It answers with those and the points of each of their keys.
func (p *plan) admit(rules []alarm.Rule) (taken []alarm.Rule, ruleOf map[string]string) {
	program, errs := alarm.Compile(rules, p.q.Points, p.q.More)
	of := base(rules)
	for _, err := range errs {
		var e *alarm.RuleError
		if errors.As(err, &e) {
			said := config.Heard(e.Err)
			p.refuse(of(e.Rule), point.Words{Zh: "规则有误：" + said.Zh, En: said.En})
		}
	}
	uses, beside := map[string][]point.Name{}, map[string][]point.Name{}
	ruleOf = map[string]string{}
	for _, w := range program.Watches() {
		ruleOf[w.Key] = of(w.Rule)
		uses[of(w.Rule)] = append(uses[of(w.Rule)], w.Points...)
		beside[of(w.Rule)] = append(beside[of(w.Rule)], w.Beside...)
	}
	for _, r := range rules {
		if p.fits(slices.Concat(uses[r.ID], beside[r.ID])) {
			taken = append(taken, r)
			p.uses[p.present(r.ID)] = append(p.uses[p.present(r.ID)], uses[r.ID]...)
		} else {
			p.refuse(r.ID, point.Words{Zh: fmt.Sprintf("一次最多回放 %d 个点，请缩小规则的范围", store.SamplesPoints),
				En: fmt.Sprintf("at most %d points are replayed at once: name fewer", store.SamplesPoints)})
		}
	}
	return taken, ruleOf
}

// fits adds the points, with what they may be computed from, if there is room.
func (p *plan) fits(names []point.Name) bool {
	var fresh []point.Name
	var add func(n point.Name)
	add = func(n point.Name) {
		if p.needed[n] || slices.Contains(fresh, n) {
			return
		}
		fresh = append(fresh, n)
		if d, ok := p.derived[n]; ok {
			for _, from := range sources(d) {
				add(from)
			}
		}
	}
	for _, n := range names {
		add(n)
	}
	if len(p.needed)+len(fresh) > store.SamplesPoints {
		return false
	}
	for _, n := range fresh {
		p.needed[n] = true
	}
	return true
}

func sources(d derive.Definition) []point.Name {
	if d.Clock != "" {
		return append(slices.Clone(d.From), d.Clock)
	}
	return d.From
}

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

// compare marks what only one of both sets would have rung, and by how much they
// differ in time. Beyond the raises that are listed nothing is compared.
func (p *plan) compare(old, fresh *lane, r *Report) []Tally {
	tallies := map[string]*Tally{}
	of := func(rule string) *Tally {
		if tallies[rule] == nil {
			tallies[rule] = &Tally{Rule: rule}
		}
		return tallies[rule]
	}
	for rule, n := range old.counts {
		if id := p.present(rule); !p.out[id] {
			of(id).Old += n
		}
	}
	for rule, n := range fresh.counts {
		if !p.out[rule] {
			of(rule).New += n
		}
	}
	cut := func(rule string) time.Time { // the former id is only the old lane's
		a, b := old.cut[rule], fresh.cut[p.present(rule)]
		if a.IsZero() || !b.IsZero() && b.Before(a) {
			return b
		}
		return a
	}
	other := byKey(r.Old.Raises)
	for i := range r.New.Raises {
		a := &r.New.Raises[i]
		if end := cut(a.rule); !end.IsZero() && !a.At.Before(end) {
			continue
		}
		b := a.meets(other[a.full])
		switch {
		case b == nil:
			a.Only = true
			of(a.rule).Added++
		case b.met(a):
			of(a.rule).Moved++
		default:
			of(a.rule).Same++
		}
	}
	mine := byKey(r.New.Raises)
	for i := range r.Old.Raises {
		b := &r.Old.Raises[i]
		if end := cut(b.rule); (end.IsZero() || b.At.Before(end)) && b.meets(mine[b.full]) == nil {
			b.Only = true
			of(p.present(b.rule)).Gone++
		}
	}
	list := make([]Tally, 0, len(tallies))
	for _, t := range tallies {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b Tally) int { return cmp.Compare(a.Rule, b.Rule) })
	return list
}

func byKey(raises []Raise) map[string][]*Raise {
	m := map[string][]*Raise{}
	for i := range raises {
		m[raises[i].full] = append(m[raises[i].full], &raises[i])
	}
	return m
}

// meets is the raise of the same alarm by the other rules that was active at the
// same time: the one that came nearest to it.
func (a *Raise) meets(others []*Raise) (nearest *Raise) {
	for _, b := range others {
		together := b.At.Equal(a.At) || (b.Cleared.IsZero() || a.At.Before(b.Cleared)) && (a.Cleared.IsZero() || b.At.Before(a.Cleared))
		if together && (nearest == nil || b.At.Sub(a.At).Abs() < nearest.At.Sub(a.At).Abs()) {
			nearest = b
		}
	}
	return nearest
}

// met notes how much later each came than the other; false when within a second.
func (b *Raise) met(a *Raise) bool {
	shift := a.At.Sub(b.At)
	if shift.Abs() <= time.Second {
		return false
	}
	a.Shift = shift
	if b.Shift == 0 {
		b.Shift = -shift
	}
	return true
}

// canonical is the key as the changed rules have it.
func (p *plan) canonical(key string) string {
	i := strings.IndexAny(key, "/")
	if i < 0 {
		return key
	}
	id, level, rest := key[:i], "", key[i:]
	if p.formers[id] == "" {
		if j := strings.LastIndexByte(id, '.'); j > 0 && p.formers[id[:j]] != "" {
			id, level = id[:j], id[j:]
		}
	}
	return p.present(id) + level + rest
}
