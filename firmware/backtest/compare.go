package backtest

import (
	"cmp"
	"slices"
	"time"
)

// comparison is that of the present rules with the changed ones.
type comparison struct {
	*plan
	old, fresh *lane
	tallies    map[string]*Tally // by the rule's present id
}

// compare marks what only one of both sets would have rung, and by how much they
// differ in time. Beyond the raises that are listed nothing is compared.
func (p *plan) compare(old, fresh *lane, r *Report) []Tally {
	c := &comparison{plan: p, old: old, fresh: fresh, tallies: map[string]*Tally{}}
	c.count()
	c.come(r.New.Raises, byKey(r.Old.Raises))
	c.gone(r.Old.Raises, byKey(r.New.Raises))
	return c.list()
}

func (c *comparison) of(rule string) *Tally {
	if c.tallies[rule] == nil {
		c.tallies[rule] = &Tally{Rule: rule}
	}
	return c.tallies[rule]
}

// count takes the raises of both sets, listed or not.
func (c *comparison) count() {
	for rule, n := range c.old.counts {
		if id := c.present(rule); !c.out[id] {
			c.of(id).Old += n
		}
	}
	for rule, n := range c.fresh.counts {
		if !c.out[rule] {
			c.of(rule).New += n
		}
	}
}

// listed is true of a raise while both sets list every one of its rule.
func (c *comparison) listed(a *Raise) bool {
	end, b := c.old.cut[a.rule], c.fresh.cut[c.present(a.rule)] // the former id is only the old lane's
	if end.IsZero() || !b.IsZero() && b.Before(end) {
		end = b
	}
	return end.IsZero() || a.At.Before(end)
}

// come looks what the changed rules would have rung anew, or at another time.
func (c *comparison) come(raises []Raise, old map[string][]*Raise) {
	for i := range raises {
		a := &raises[i]
		if !c.listed(a) {
			continue
		}
		b := a.meets(old[a.full])
		switch {
		case b == nil:
			a.Only = true
			c.of(a.rule).Added++
		case b.met(a):
			c.of(a.rule).Moved++
		default:
			c.of(a.rule).Same++
		}
	}
}

// gone looks what they would have rung no longer.
func (c *comparison) gone(raises []Raise, fresh map[string][]*Raise) {
	for i := range raises {
		if b := &raises[i]; c.listed(b) && b.meets(fresh[b.full]) == nil {
			b.Only = true
			c.of(c.present(b.rule)).Gone++
		}
	}
}

// list gives the tallies by rule.
func (c *comparison) list() []Tally {
	list := make([]Tally, 0, len(c.tallies))
	for _, t := range c.tallies {
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
