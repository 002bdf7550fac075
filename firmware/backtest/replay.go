package backtest

import (
	"context"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// player is one machine that lives through the past.
type player struct {
	machine *alarm.Machine
	from    time.Time
	outcome Outcome
	open    map[string]int // index in outcome of the raise that is active
	raised  uint64
}

func (q Request) player(rules []alarm.Rule) *player {
	p := &player{from: q.From, open: map[string]int{}, outcome: Outcome{Raises: []Raise{}}}
	program, _ := alarm.Compile(rules, q.Points, nil)
	p.machine, _ = alarm.New(nil, nil, nil)
	p.machine.Calendars(q.Calendars)
	p.machine.FloodLimits(1000, 1, time.Minute) // a flood is about people, not about rules
	p.machine.Swap(p.instant(q.From), program)
	return p
}

// instant is a moment of the past as the machine sees it.
func (p *player) instant(t time.Time) point.Instant {
	return point.Instant{Boot: "past", Mono: time.Hour + t.Sub(p.from), Wall: t, Clock: point.ClockSynchronised}
}

func (q Request) replay(ctx context.Context, rules []alarm.Rule, samples []point.Sample) (Outcome, error) {
	p := q.player(rules)
	for i, s := range samples {
		if i%4096 == 0 && ctx.Err() != nil {
			return p.outcome, ctx.Err()
		}
		p.take(s)
	}
	p.pass(q.To)
	return p.outcome, nil
}

func (p *player) take(s point.Sample) {
	p.pass(s.At.Wall)
	s.At = p.instant(s.At.Wall)
	p.machine.Sample(s.At, s)
	p.settle(s.At)
}

// pass lets each timer run at its own moment.
func (p *player) pass(until time.Time) {
	end := p.instant(until)
	for p.machine.Next() <= end.Mono {
		now := p.instant(p.from.Add(p.machine.Next() - time.Hour))
		p.machine.Tick(now)
		p.settle(now)
	}
}

// settle notes what rang and does what a person would have done in the end.
func (p *player) settle(now point.Instant) {
	for _, c := range p.machine.Take() {
		switch c.Type {
		case event.AlarmRaised:
			p.raised++
			p.machine.Raised(c.Alarm.Key, event.ID{Box: "past", Epoch: "past", Sequence: p.raised})
			p.note(c)
		case event.AlarmCleared, event.AlarmSuppressed:
			p.end(now, c.Alarm)
		}
	}
	p.machine.Decisions()
	p.machine.Retained()
}

func (p *player) note(c alarm.Change) {
	if len(p.outcome.Raises) >= raisesMost {
		p.outcome.More++
		return
	}
	p.open[c.Alarm.Key] = len(p.outcome.Raises)
	p.outcome.Raises = append(p.outcome.Raises, Raise{Key: c.Alarm.Key, At: c.At.Wall, Value: c.Alarm.Value, Text: alarm.Text(c, point.Words{})})
}

func (p *player) end(now point.Instant, a alarm.Alarm) {
	if i, open := p.open[a.Key]; open {
		p.outcome.Raises[i].Cleared = now.Wall
		delete(p.open, a.Key)
	}
	_ = p.machine.Acknowledge(now, a.Key, event.ID{}, "past", "") // refused where it is not needed
	_ = p.machine.Reset(now, a.Key, event.ID{}, "past")
}
