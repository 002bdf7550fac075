package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
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
	d, ok = s.lanes[0].machine.Explain(key)
	d.At, d.Origin = s.instantAt(s.mono(at)), event.ID{} // the replay's own numbers mean nothing
	return d, ok, nil
}

// NotKept says in words for a person why nothing can be said of that time.
type NotKept struct{ point.Words }

func (n *NotKept) Error() string { return n.En }

func notKept(zh, en string, a ...any) error {
	return &NotKept{point.Words{Zh: fmt.Sprintf(zh, a...), En: fmt.Sprintf(en, a...)}}
}

// awake refuses a moment at which the box was off. After a power cut nobody knows
// when that began but by the last thing that was kept: a record, or a reading.
func (q Request) awake(ctx context.Context, at time.Time) ([]Gap, error) {
	off := slices.Clone(q.Off)
	for i, g := range off {
		if !at.After(g.From) || !at.Before(g.To) {
			continue
		}
		heard, err := q.heard(ctx, at, g.To)
		if err != nil {
			return nil, err
		}
		if !heard {
			return nil, notKept("当时设备没有运行，或最后几分钟的读数随断电丢失：%s 至 %s 没有保存任何内容",
				"The box was not running then, or its last minutes went with the power: nothing was kept from %s to %s", stamp(g.From), stamp(g.To))
		}
		off[i].From = at
	}
	return off, nil
}

// heard tells whether any reading was kept of that time.
func (q Request) heard(ctx context.Context, from, to time.Time) (bool, error) {
	var names []point.Name
	for _, p := range q.Points[:min(len(q.Points), store.SamplesPoints)] {
		names = append(names, p.Name)
	}
	_, err := q.Read(ctx, names, from, to, func(x point.Sample) error {
		if x.At.Wall.Before(from) {
			return nil
		}
		return errKnown
	})
	if errors.Is(err, errKnown) {
		return true, nil
	}
	return false, err
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
