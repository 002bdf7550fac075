// Package backtest replays recorded samples through alarm rules: what would have
// rung, and what not. It runs the same machine as the box (alarm.Compile, Sample,
// Tick), not a model of it, on simulated instants, outside the engine.
//
// The people of the past are not replayed: each alarm counts as acknowledged and
// reset when it clears, so that the next one is told. A gap in the data is silence:
// it raises and clears nothing.
package backtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Read gives the kept samples of a point, oldest first. whole is false when some
// were left out. It may block on the disk.
type Read func(ctx context.Context, p point.Name, from, to time.Time) (samples []point.Sample, whole bool, err error)

// Request says what to replay.
type Request struct {
	Old, New  []alarm.Rule
	Points    []point.Point
	Calendars alarm.Schedule // may be nil
	From, To  time.Time
	Read      Read
}

// The bounds of one backtest.
const (
	Longest    = 60 * 24 * time.Hour
	raisesMost = 200 // kept of each rule; the rest is counted
	gapFactor  = 5   // a silence of so many usual intervals is a gap
	gapLeast   = 10 * time.Minute
	gapsMost   = 20
)

// Raise is one alarm that would have rung.
type Raise struct {
	Key     string        `json:"key"`
	At      time.Time     `json:"at"`
	Cleared time.Time     `json:"cleared,omitzero"` // zero: still active at the end
	Value   string        `json:"value,omitempty"`
	Text    point.Words   `json:"text"`
	Only    bool          `json:"only,omitempty"` // the other set of rules would not have rung
	Length  time.Duration `json:"-"`
}

// Outcome is what one set of rules would have done.
type Outcome struct {
	Raises []Raise `json:"raises"`
	More   int     `json:"more,omitempty"` // beyond those listed
}

// Coverage is what was kept of one point.
type Coverage struct {
	Point      point.Name    `json:"point"`
	Samples    int           `json:"samples"`
	First      time.Time     `json:"first,omitzero"`
	Last       time.Time     `json:"last,omitzero"`
	Resolution time.Duration `json:"resolution"` // usual time between two samples
	Gaps       []Gap         `json:"gaps,omitempty"`
	whole      bool
	edges      bool
}

// Gap is a time without samples.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Refusal is a rule that could not be judged on the data that were kept.
type Refusal struct {
	Rule string      `json:"rule"`
	Why  point.Words `json:"why"`
}

// Report is the answer.
type Report struct {
	From     time.Time  `json:"from"`
	To       time.Time  `json:"to"`
	Old      Outcome    `json:"old"`
	New      Outcome    `json:"new"`
	Coverage []Coverage `json:"coverage"`
	Refused  []Refusal  `json:"refused,omitempty"`
}

// Run replays. It returns ctx's error when that ends, and errors of the rules.
func Run(ctx context.Context, q Request) (Report, error) {
	if q.To.Sub(q.From) <= 0 || q.To.Sub(q.From) > Longest {
		return Report{}, fmt.Errorf("backtest: from %v to %v: want at most %v", q.From, q.To, Longest)
	}
	if _, errs := alarm.Compile(q.New, q.Points, nil); len(errs) > 0 {
		return Report{}, fmt.Errorf("backtest: %w", errs[0])
	}
	r := Report{From: q.From, To: q.To}
	samples, err := q.load(ctx, &r)
	if err != nil {
		return r, err
	}
	old, fresh := r.able(q.Old, q.Points, nil), r.able(q.New, q.Points, &r)
	if r.Old, err = q.replay(ctx, old, samples); err == nil {
		r.New, err = q.replay(ctx, fresh, samples)
	}
	compare(&r.Old, r.New)
	compare(&r.New, r.Old)
	return r, err
}

// load reads every point that a rule watches, in the order of time.
func (q Request) load(ctx context.Context, r *Report) (all []point.Sample, err error) {
	names := map[point.Name]bool{}
	for _, rules := range [][]alarm.Rule{q.Old, q.New} {
		p, _ := alarm.Compile(rules, q.Points, nil)
		for _, n := range p.Points() {
			names[n] = true
		}
	}
	for i := range q.Points {
		p := &q.Points[i]
		if !names[p.Name] {
			continue
		}
		list, whole, err := q.Read(ctx, p.Name, q.From, q.To)
		if err != nil {
			return nil, fmt.Errorf("backtest: read %s: %w", p.Name, err)
		}
		r.Coverage = append(r.Coverage, cover(p, list, whole))
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b point.Sample) int { return a.At.Wall.Compare(b.At.Wall) })
	return all, ctx.Err()
}

func cover(p *point.Point, list []point.Sample, whole bool) Coverage {
	c := Coverage{Point: p.Name, Samples: len(list), whole: whole, edges: p.Urgent}
	if len(list) == 0 {
		return c
	}
	c.First, c.Last = list[0].At.Wall, list[len(list)-1].At.Wall
	steps := make([]time.Duration, 0, len(list))
	for i := 1; i < len(list); i++ {
		steps = append(steps, list[i].At.Wall.Sub(list[i-1].At.Wall))
	}
	sorted := slices.Sorted(slices.Values(steps))
	if len(sorted) > 0 {
		c.Resolution = sorted[len(sorted)/2]
	}
	for i, d := range steps {
		if !c.edges && d > max(gapFactor*c.Resolution, gapLeast) && len(c.Gaps) < gapsMost {
			c.Gaps = append(c.Gaps, Gap{list[i].At.Wall, list[i+1].At.Wall})
		}
	}
	return c
}

// able leaves out the rules that need finer data than was kept; into tells why.
func (r *Report) able(rules []alarm.Rule, points []point.Point, into *Report) (kept []alarm.Rule) {
	for _, rule := range rules {
		why := r.unable(rule, points)
		if why.IsZero() {
			kept = append(kept, rule)
		} else if into != nil {
			into.Refused = append(into.Refused, Refusal{rule.ID, why})
		}
	}
	return kept
}

func (r *Report) unable(rule alarm.Rule, points []point.Point) point.Words {
	p, _ := alarm.Compile([]alarm.Rule{rule}, points, nil)
	for _, name := range p.Points() {
		i := slices.IndexFunc(r.Coverage, func(c Coverage) bool { return c.Point == name })
		if i < 0 {
			continue
		}
		c, needs := r.Coverage[i], finest(rule)
		switch {
		case !c.whole:
			return point.Words{Zh: string(name) + " 的记录已被抽稀，不能回放", En: "the record of " + string(name) + " was thinned"}
		case !c.edges && needs > 0 && c.Resolution > needs:
			return point.Words{Zh: fmt.Sprintf("%s 每 %v 才有一条记录，规则需要 %v", name, c.Resolution, needs),
				En: fmt.Sprintf("%s has a sample every %v, the rule needs one every %v", name, c.Resolution, needs)}
		}
	}
	return point.Words{}
}

// finest is the time between samples that the rule can do with at most.
func finest(r alarm.Rule) time.Duration {
	need := r.OnDelay
	for _, d := range []time.Duration{r.When.Stale, r.When.Stuck} {
		if d > 0 {
			need = cmp.Or(min(need, d), d)
		}
	}
	if c := r.When.Rises; c != nil {
		need = cmp.Or(min(need, c.Within/4), c.Within/4)
	}
	if c := r.When.Falls; c != nil {
		need = cmp.Or(min(need, c.Within/4), c.Within/4)
	}
	return need
}

// compare marks what only one of both would have rung: no raise of the other's
// same alarm overlaps it.
func compare(of *Outcome, other Outcome) {
	for i := range of.Raises {
		a := &of.Raises[i]
		a.Only = !slices.ContainsFunc(other.Raises, func(b Raise) bool {
			return a.Key == b.Key && (b.Cleared.IsZero() || a.At.Before(b.Cleared)) && (a.Cleared.IsZero() || b.At.Before(a.Cleared))
		})
	}
}

// Explain replays a stretch of the past before at and answers what the machine
// then thought of one alarm; ok is false for an alarm that no rule raises.
func Explain(ctx context.Context, q Request, key string, at time.Time) (d event.Decision, ok bool, err error) {
	q.To, q.New = at.Add(time.Millisecond), nil
	if q.From.IsZero() {
		q.From = at.Add(-6 * time.Hour)
	}
	samples, err := q.load(ctx, &Report{})
	if err != nil {
		return d, false, err
	}
	p := q.player(q.Old)
	for _, s := range samples {
		p.take(s)
	}
	p.pass(at)
	d, ok = p.machine.Explain(key)
	d.At.Wall = at
	return d, ok, nil
}
