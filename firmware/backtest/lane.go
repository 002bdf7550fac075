package backtest

import (
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// newest is what a lane was last told of a point: the sample, and the last value
// that could be read.
type newest struct {
	newest point.Sample
	good   point.Value
}

// lane is one machine that lives through the past.
type lane struct {
	plan    *plan
	rules   []alarm.Rule
	ruleOf  map[string]string
	machine *alarm.Machine
	kept    map[string][]byte // its retained state: it lives through restarts as the box does
	panel   *zone.Panel       // nil where no zones are replayed
	read    map[point.Name]newest
	rang    map[string]time.Time // the newest raise of each alarm
	raised  uint64

	raises []Raise
	open   map[string]int // index in raises of the one that is active; -1: it is not listed
	counts map[string]int // raises of each rule, listed or not
	listed map[string]int
	cut    map[string]time.Time // of each rule: the first raise that is not listed
}

func newLane(p *plan, rules []alarm.Rule, now point.Instant) *lane {
	l := &lane{plan: p, kept: map[string][]byte{}, read: map[point.Name]newest{}, rang: map[string]time.Time{}, open: map[string]int{}, counts: map[string]int{}, listed: map[string]int{}, cut: map[string]time.Time{}}
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
	var signals []alarm.Signal
	if d := l.plan.q.Panel; d != nil {
		l.panel, _ = zone.New(*d)
		l.panel.Restore(now, l.kept)
		signals, _, _ = l.panel.Take()
	}
	for _, s := range signals {
		l.machine.Foresee(s)
	}
	if len(l.kept) > 0 {
		l.machine.Restore(now, l.kept)
	}
	for _, s := range signals {
		_ = l.machine.Signal(now, s) // what the site file no longer has
	}
	l.settle(now)
}

// sample takes one reading.
func (l *lane) sample(s point.Sample) {
	r := l.read[s.Point]
	if r.newest = s; s.Quality.Usable() && !s.Value.IsNone() {
		r.good = s.Value
	}
	l.read[s.Point] = r
	if l.panel != nil {
		l.panel.Sample(s.At, s)
	}
	l.machine.Sample(s.At, s)
	l.settle(s.At)
}

// next is when something is due by itself.
func (l *lane) next() time.Duration {
	if l.panel == nil {
		return l.machine.Next()
	}
	return min(l.machine.Next(), l.panel.Next())
}

// pass lets each timer run at its own moment; false when alive said stop.
func (l *lane) pass(s *stream, end time.Duration) bool {
	for next := l.next(); next <= end; next = l.next() {
		if !s.alive() {
			return false
		}
		now := s.instantAt(max(next, s.now))
		if l.panel != nil {
			l.panel.Tick(now)
			l.hear(now)
		}
		l.machine.Tick(now)
		l.settle(now)
	}
	return true
}

// settle notes what rang and does what a person would have done in the end.
func (l *lane) settle(now point.Instant) {
	l.hear(now)
	for _, c := range l.machine.Take() {
		switch c.Type {
		case event.AlarmRaised:
			l.raised++
			l.rang[c.Alarm.Key] = c.At.Wall
			l.machine.Raised(c.Alarm.Key, event.ID{Box: "past", Epoch: "past", Sequence: l.raised})
			l.note(c)
		case event.AlarmCleared, event.AlarmSuppressed, event.AlarmRemoved:
			l.end(now, c.Alarm.Key)
		}
	}
	l.machine.Decisions()
	l.keep(l.machine.Retained())
	if l.panel != nil {
		l.keep(l.panel.Retained())
	}
}

func (l *lane) keep(list []event.Retained) {
	for _, r := range list {
		if r.Value == nil {
			delete(l.kept, r.Key)
		} else {
			l.kept[r.Key] = r.Value
		}
	}
}

// hear takes to the alarm machine what the panel has decided.
func (l *lane) hear(now point.Instant) {
	if l.panel == nil {
		return
	}
	signals, _, _ := l.panel.Take()
	for _, s := range signals {
		_ = l.machine.Signal(now, s)
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
