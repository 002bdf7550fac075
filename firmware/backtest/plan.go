package backtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/alarm"
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
