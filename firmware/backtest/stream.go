package backtest

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// stream tells the past to the lanes: samples in their order, points that fell
// silent, and the times when the box was off.
type stream struct {
	plan    *plan
	lanes   []*lane
	derive  *derive.Set
	compute []derive.Definition // that were not recorded
	kept    map[point.Name]*track
	watched []*track // those that can fall silent
	silent  time.Duration
	now     time.Duration
	off     []Gap
	journal []event.Record // what is still to be told of it
	failed  error          // what the journal does not say
	began   time.Time
	ctx     context.Context
	steps   int
}

const (
	start = time.Hour       // the monotonic time at which the past begins
	slack = 5 * time.Second // the live table finds a silent point a little late
)

// stream makes the lanes, one per set of rules, and finds out which computed
// points must be computed again.
func (p *plan) stream(ctx context.Context, sets ...[]alarm.Rule) (*stream, error) {
	s := &stream{plan: p, kept: map[point.Name]*track{}, now: start, silent: point.Never, journal: p.q.Journal, ctx: ctx}
	s.off = overlapping(p.q.Off, s.told(), p.q.To)
	for _, rules := range sets {
		s.lanes = append(s.lanes, newLane(p, rules, s.instantAt(start)))
	}
	if err := s.choose(ctx); err != nil {
		return nil, err
	}
	for n := range p.needed {
		t := &track{name: n, computed: slices.ContainsFunc(s.compute, func(d derive.Definition) bool { return d.Point == n })}
		if x := p.points[n]; x != nil && x.Stale > 0 {
			t.limit = time.Duration(x.Stale)*time.Millisecond + slack
			s.watched = append(s.watched, t)
		}
		s.kept[n] = t
	}
	s.fresh()
	return s, nil
}

// told is the beginning of what is told: the journal may begin before the samples
// do, and who was at the panel then went with the power like later.
func (s *stream) told() time.Time {
	if len(s.journal) > 0 && s.journal[0].At.Wall.Before(s.plan.q.From) {
		return s.journal[0].At.Wall
	}
	return s.plan.q.From
}

// run tells the whole past.
func (s *stream) run(ctx context.Context) error {
	var names []point.Name
	for n, t := range s.kept {
		if !t.computed {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	covered, err := s.plan.q.Read(ctx, names, s.plan.q.From, s.plan.q.To, s.take)
	if err != nil {
		return err
	}
	s.began = covered.Began
	for n, k := range covered.Points {
		if t := s.kept[n]; t != nil {
			t.thinned = k.Thinned
		}
	}
	s.pass(s.mono(s.plan.q.To))
	return context.Cause(ctx)
}

// take tells one recorded sample. One from before the beginning says how the
// point stood then; an old one of a point that may not be silent says nothing.
func (s *stream) take(x point.Sample) error {
	t := s.kept[x.Point]
	at := s.mono(x.At.Wall)
	if at < start {
		t.before = true
		if t.limit > 0 && start-at > t.limit {
			x.Quality = point.BadBecause(point.Stale)
		}
		at = start
	} else {
		t.count(x)
	}
	s.pass(at)
	x.At = s.instantAt(at)
	s.feed(x)
	if !s.alive() {
		return context.Cause(s.ctx)
	}
	return nil
}

func (s *stream) feed(x point.Sample) {
	if t := s.kept[x.Point]; t != nil {
		t.heard(x, s)
		if t.computed {
			t.count(x)
		}
	}
	for _, l := range s.lanes {
		l.sample(x)
	}
	for _, d := range s.derive.Sample(x.At, x) {
		s.feed(d)
	}
}

// alive gives way now and then and tells whether to go on.
func (s *stream) alive() bool {
	if s.steps++; s.steps%4096 == 0 {
		runtime.Gosched()
	}
	return s.steps%256 != 0 || s.ctx.Err() == nil
}

// mono and instantAt turn the past's wall clock into simulated time and back.
func (s *stream) mono(t time.Time) time.Duration { return start + t.Sub(s.plan.q.From) }

func (s *stream) instantAt(mono time.Duration) point.Instant {
	return point.Instant{Boot: "past", Mono: mono, Wall: s.plan.q.From.Add(mono - start), Clock: point.ClockSynchronised}
}

// covered says what was kept of each point, by name.
func (s *stream) covered() []Coverage {
	list := []Coverage{}
	for _, n := range slices.Sorted(maps.Keys(s.kept)) {
		list = append(list, s.kept[n].coverage(s.plan.q.To))
	}
	return list
}
