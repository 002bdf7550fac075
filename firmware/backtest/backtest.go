// Package backtest replays recorded samples through alarm rules, the present and
// the changed ones at once: what would have rung, what no longer, what earlier or
// later. It runs the same machine as the box (alarm.Compile, Swap, Sample, Tick at
// Next), not a model of it, on simulated instants, outside the engine.
//
// A backtest is about rules over points: alarms of zones, of doors and of the box
// itself neither ring nor suppress. The people of the past are not replayed: each
// alarm counts as acknowledged and reset when it clears, so that the next one is
// told; nothing is shelved, and floods hide nothing.
//
// One moment of the past is explained by the same replay, told by the journal what
// people put aside: Explain of a rule's alarm, ExplainPanel of one of a zone, a
// door or a partition, by the panel itself, which the journal tells who armed,
// disarmed, bypassed and was let through.
//
// A gap in the data is doubt: a point that was not heard of for longer than it may
// be is unsure, as in the live table; it raises nothing and clears nothing. While
// the box was off no timer runs, and when it comes back they start again as the
// restart table says.
//
// Memory is bounded by the number of points read at once, not by the length of
// the past. A backtest blocks on the disk and gives way now and then; it ends
// with its context.
package backtest

import (
	"context"
	"fmt"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

// Read gives the kept samples of the points with from ≤ time < to, in the order of
// time, and before them the last one of each from before: store.Samples.
type Read func(ctx context.Context, points []point.Name, from, to time.Time, each func(point.Sample) error) (store.Coverage, error)

// Request says what to replay.
type Request struct {
	Old, New  []alarm.Rule
	Points    []point.Point       // all of the site, computed ones too
	More      []alarm.Definition  // alarms of zones, doors and the box: rules may name them as causes
	Derived   []derive.Definition // computed again where they were not recorded
	Calendars alarm.Schedule      // may be nil
	From, To  time.Time
	Off       []Gap // when the box was off, in order
	Read      Read
	// Of Explain and ExplainPanel alone: the panel as the site file had it then, and
	// what the journal tells of it and of what people put aside, oldest first.
	Panel   *zone.Definition
	Journal []event.Record
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
	Only    bool          `json:"only,omitempty"`  // the other set of rules would not have rung
	Shift   time.Duration `json:"shift,omitempty"` // so much later than by the other rules; less than 0: earlier

	rule string // its id in the site file
	full string // the key by which both sets are compared
}

// Outcome is what one set of rules would have done.
type Outcome struct {
	Raises []Raise `json:"raises"`
	More   int     `json:"more,omitempty"` // beyond those listed
}

// Tally compares the two sets of rules for one rule.
type Tally struct {
	Rule  string `json:"rule"`
	Old   int    `json:"old"`   // raises by the present rules
	New   int    `json:"new"`   // raises by the changed ones
	Same  int    `json:"same"`  // of the listed raises: by both, within a second
	Moved int    `json:"moved"` // by both, earlier or later
	Gone  int    `json:"gone"`  // would ring no longer
	Added int    `json:"added"` // would ring newly
}

// Coverage is what was kept of one point.
type Coverage struct {
	Point      point.Name    `json:"point"`
	Samples    int           `json:"samples"`
	First      time.Time     `json:"first,omitzero"`
	Last       time.Time     `json:"last,omitzero"`
	Before     bool          `json:"before,omitempty"`   // an older sample told how it stood at the beginning
	Computed   bool          `json:"computed,omitempty"` // not recorded: computed again from its sources
	Resolution time.Duration `json:"resolution"`         // usual time between two samples
	Thinned    time.Duration `json:"thinned,omitempty"`  // reduced to slices of so long; 0: as they came
	Gaps       []Gap         `json:"gaps,omitempty"`     // the first ones without usable samples
	MoreGaps   int           `json:"moreGaps,omitempty"`
}

// Gap is a time without samples.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Refusal is a rule that could not be judged, and why.
type Refusal struct {
	Rule string      `json:"rule"`
	Why  point.Words `json:"why"`
}

// Report is the answer.
type Report struct {
	From     time.Time  `json:"from"`
	To       time.Time  `json:"to"`
	Began    time.Time  `json:"began,omitzero"` // the oldest sample that the box still has
	Old      Outcome    `json:"old"`
	New      Outcome    `json:"new"`
	Rules    []Tally    `json:"rules"`
	Coverage []Coverage `json:"coverage"`
	Off      []Gap      `json:"off,omitempty"` // when the box was off
	Refused  []Refusal  `json:"refused,omitempty"`
}

// Run replays. A rule that is wrong, or that needs finer data than was kept, is
// refused and told; the others go on. It returns ctx's error when that ends.
func Run(ctx context.Context, q Request) (Report, error) {
	r := Report{From: q.From, To: q.To, Old: Outcome{Raises: []Raise{}}, New: Outcome{Raises: []Raise{}}, Rules: []Tally{}, Coverage: []Coverage{}}
	if q.To.Sub(q.From) <= 0 || q.To.Sub(q.From) > Longest {
		return r, fmt.Errorf("backtest: from %v to %v: want at most %v", q.From, q.To, Longest)
	}
	p := newPlan(q)
	s, err := p.stream(ctx, q.New, q.Old)
	if err != nil {
		return r, err
	}
	if err := s.run(ctx); err != nil {
		return r, fmt.Errorf("backtest: %w", err)
	}
	r.Began, r.Off = s.began, overlapping(q.Off, q.From, q.To)
	r.Coverage = s.covered()
	p.judge(r.Coverage)
	r.Refused = p.refused
	r.New, r.Old = s.lanes[0].outcome(p), s.lanes[1].outcome(p)
	r.Rules = p.compare(s.lanes[1], s.lanes[0], &r)
	return r, nil
}

func overlapping(list []Gap, from, to time.Time) (in []Gap) {
	for _, g := range list {
		if g.To.After(from) && g.From.Before(to) {
			in = append(in, g)
		}
	}
	return in
}
