package backtest

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
)

// Lead is how long before the moment asked for a replay begins at least: an alarm
// whose value stands within its deadband is known by how it came there.
const Lead = 6 * time.Hour

// Explain replays a stretch of the past before at through the present rules and
// answers what the machine then thought of one alarm; ok is false for an alarm
// that no rule raises. The rule asked for comes first, then as many others as can
// be read along: one of them may be its cause.
func Explain(ctx context.Context, q Request, key string, at time.Time) (d event.Decision, ok bool, err error) {
	rules := q.Old
	q.Panel, q.New, q.To = nil, nil, at.Add(time.Millisecond)
	program, _ := alarm.Compile(rules, q.Points, q.More)
	of, id := base(rules), ""
	for _, w := range program.Watches() {
		if w.Key == key {
			id = of(w.Rule)
		}
	}
	if id == "" {
		return d, false, nil
	}
	if q.Off, err = q.awake(ctx, at); err != nil {
		return d, true, err
	}
	first := make([]alarm.Rule, 0, len(rules))
	for _, r := range rules {
		if r.ID == id {
			first = append([]alarm.Rule{r}, first...)
			q.From = at.Add(-max(Lead, 2*memory(r)))
		} else {
			first = append(first, r)
		}
	}
	s, err := newPlan(q).stream(ctx, first)
	if err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		return d, false, fmt.Errorf("explain %s: %w", key, err)
	}
	d, ok = s.lanes[0].machine.Judgement(key)
	for _, in := range d.Inputs {
		if in.At.Wall.IsZero() {
			return d, true, s.unread(in.Point)
		}
	}
	d.At, d.Origin = s.instantAt(s.mono(at)), event.ID{} // the replay's own numbers mean nothing
	return d, ok, nil
}

// memory is how far back a rule's judgement reaches.
func memory(r alarm.Rule) time.Duration {
	m := r.OnDelay + r.OffDelay + r.When.Stale + r.When.Stuck + 15*time.Minute
	for _, c := range []*condition.Change{r.When.Rises, r.When.Falls} {
		if c != nil {
			m += c.Within
		}
	}
	return m
}
