package backtest

import (
	"cmp"
	"slices"
	"time"
)

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
