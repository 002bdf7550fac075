package backtest

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// lane is one machine that lives through the past.
type lane struct {
	plan    *plan
	rules   []alarm.Rule
	ruleOf  map[string]string
	machine *alarm.Machine
	kept    map[string][]byte // its retained state: it lives through restarts as the box does
	raised  uint64

	raises []Raise
	open   map[string]int // index in raises of the one that is active; -1: it is not listed
	counts map[string]int // raises of each rule, listed or not
	listed map[string]int
	cut    map[string]time.Time // of each rule: the first raise that is not listed
}

func newLane(p *plan, rules []alarm.Rule, now point.Instant) *lane {
	l := &lane{plan: p, kept: map[string][]byte{}, open: map[string]int{}, counts: map[string]int{}, listed: map[string]int{}, cut: map[string]time.Time{}}
	l.rules, l.ruleOf = p.admit(rules)
	l.start(now)
	return l
}

// start begins as the box does: the program, then what was retained.
func (l *lane) start(now point.Instant) {
	program, _ := alarm.Compile(l.rules, l.plan.q.Points, l.plan.q.More)
	l.machine, _ = alarm.New(nil, nil, nil)
	l.machine.Calendars(l.plan.q.Calendars)
	l.machine.FloodLimits(1<<30, 1, time.Minute) // a flood is about people, not about rules
	l.machine.Swap(now, program)
	if len(l.kept) > 0 {
		l.machine.Restore(now, l.kept)
	}
	l.settle(now)
}

// sample takes one reading.
func (l *lane) sample(s point.Sample) {
	l.machine.Sample(s.At, s)
	l.settle(s.At)
}

// pass lets each timer run at its own moment; false when alive said stop.
func (l *lane) pass(s *stream, end time.Duration) bool {
	for next := l.machine.Next(); next <= end; next = l.machine.Next() {
		if !s.alive() {
			return false
		}
		now := s.instantAt(max(next, s.now))
		l.machine.Tick(now)
		l.settle(now)
	}
	return true
}

// settle notes what rang and does what a person would have done in the end.
func (l *lane) settle(now point.Instant) {
	for _, c := range l.machine.Take() {
		switch c.Type {
		case event.AlarmRaised:
			l.raised++
			l.machine.Raised(c.Alarm.Key, event.ID{Box: "past", Epoch: "past", Sequence: l.raised})
			l.note(c)
		case event.AlarmCleared, event.AlarmSuppressed, event.AlarmRemoved:
			l.end(now, c.Alarm.Key)
		}
	}
	l.machine.Decisions()
	for _, r := range l.machine.Retained() {
		if r.Value == nil {
			delete(l.kept, r.Key)
		} else {
			l.kept[r.Key] = r.Value
		}
	}
}

func (l *lane) note(c alarm.Change) {
	key := c.Alarm.Key
	rule, ours := l.ruleOf[key]
	if !ours {
		return // the machine's own: a rule that failed
	}
	l.counts[rule]++
	if l.listed[rule] >= raisesMost {
		if l.open[key] = -1; l.cut[rule].IsZero() {
			l.cut[rule] = c.At.Wall
		}
		return
	}
	l.listed[rule]++
	l.open[key] = len(l.raises)
	l.raises = append(l.raises, Raise{Key: key, At: c.At.Wall, Value: c.Alarm.Value, Text: alarm.Text(c, point.Words{}),
		rule: rule, full: l.plan.canonical(key)})
}

func (l *lane) end(now point.Instant, key string) {
	if i, open := l.open[key]; open {
		if i >= 0 {
			l.raises[i].Cleared = now.Wall
		}
		delete(l.open, key)
	}
	_ = l.machine.Acknowledge(now, key, event.ID{}, "past", "") // refused where it is not needed
	_ = l.machine.Reset(now, key, event.ID{}, "past")
}

// outcome leaves out what the refused rules did.
func (l *lane) outcome(p *plan) Outcome {
	o := Outcome{Raises: []Raise{}}
	for _, r := range l.raises {
		if !p.out[p.present(r.rule)] {
			o.Raises = append(o.Raises, r)
		}
	}
	for rule, n := range l.counts {
		if !p.out[p.present(rule)] {
			o.More += n - l.listed[rule]
		}
	}
	return o
}
