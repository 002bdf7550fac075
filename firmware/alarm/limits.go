package alarm

import (
	"fmt"

	"watchbox/firmware/point"
)

// Check reports limits that are none or out of order.
func (l *Limits) Check() error {
	var last *float64
	n := 0
	for _, f := range []*float64{l.LowLow, l.Low, l.High, l.HighHigh} {
		if f == nil {
			continue
		}
		if last != nil && *f <= *last {
			return fmt.Errorf("limits: want low-low < low < high < high-high")
		}
		last = f
		n++
	}
	if n == 0 {
		return fmt.Errorf("limits: want at least one of low-low, low, high, high-high")
	}
	return nil
}

// levels makes one rule of each limit: "temp.high", "temp.high-high" …
func (r Rule) levels() ([]Rule, error) {
	if r.Limits == nil {
		return []Rule{r}, nil
	}
	if !r.When.Same(Condition{}) {
		return nil, fmt.Errorf("limits: either limits or when")
	}
	if err := r.Limits.Check(); err != nil {
		return nil, err
	}
	var all []Rule
	for _, x := range []struct {
		name, outer string
		at          *float64
		above       bool
		words       point.Words
	}{
		{"low-low", "", r.Limits.LowLow, false, point.Words{Zh: "（低低限）", En: " (low-low)"}},
		{"low", "low-low", r.Limits.Low, false, point.Words{Zh: "（低限）", En: " (low)"}},
		{"high", "high-high", r.Limits.High, true, point.Words{Zh: "（高限）", En: " (high)"}},
		{"high-high", "", r.Limits.HighHigh, true, point.Words{Zh: "（高高限）", En: " (high-high)"}},
	} {
		if x.at != nil {
			all = append(all, r.level(x.name, x.outer, *x.at, x.above, x.words))
		}
	}
	return all, nil
}

func (r Rule) level(name, outer string, at float64, above bool, words point.Words) Rule {
	l := r
	l.Limits, l.ID = nil, r.ID+"."+name
	if r.Was != "" {
		l.Was = r.Was + "." + name
	}
	l.When = Condition{Deadband: r.Limits.Deadband}
	if above {
		l.When.Above = &at
	} else {
		l.When.Below = &at
	}
	l.Label = point.Words{Zh: r.Label.In("zh") + words.Zh, En: r.Label.In("en") + words.En}
	if outer == "" {
		l.Priority = max(1, r.Priority-1)
	} else {
		l.outer = r.ID + "." + outer
	}
	return l
}
