package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/zone"
)

// What follows answers why an alarm rings or does not. The engine is asked for
// its newest judgement; all else is done outside it.

// ErrNoAlarm is the answer for a key that the box does not know.
var ErrNoAlarm = errors.New("no such alarm")

// Explain answers why an alarm rings or not now, or at a time in the past: then
// by replaying what was kept through the rules, or through the panel of then. A
// *backtest.NotKept says that too little was. May block on the disk.
func (a *App) Explain(ctx context.Context, key string, at time.Time) (event.Decision, error) {
	now := a.clock().Wall
	if at.IsZero() || !at.Before(now) {
		at = now
	}
	d, err := a.explain(ctx, key, at, at.Before(now))
	if err == nil {
		err = a.tries(ctx, &d, at)
	}
	return d, err
}

func (a *App) explain(ctx context.Context, key string, at time.Time, past bool) (event.Decision, error) {
	if past {
		return a.explainPast(ctx, key, at)
	}
	d, ok, err := a.engine.Explain(ctx, key)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", key, ErrNoAlarm)
	}
	return d, err
}

// Decisions are what the engine thought of one alarm, oldest first.
func (a *App) Decisions(ctx context.Context, q store.DecisionQuery) ([]event.Decision, error) {
	s := a.store.Load()
	if s == nil {
		return nil, errNoStore
	}
	return s.Decisions(ctx, q)
}

// Backtest replays the kept samples since from through the rules in data beside
// the present ones. A whole site file stands for all rules; a file with alarms
// only changes those of the same id, adds the others, and leaves the rest.
func (a *App) Backtest(ctx context.Context, data []byte, from, to time.Time) (backtest.Report, []config.Problem, error) {
	rules, whole, problems := config.ParseRules("rules.yaml", data)
	if config.Refused(problems) {
		return backtest.Report{}, problems, ErrSite
	}
	q, err := a.past(ctx, from, to)
	if err != nil {
		return backtest.Report{}, problems, err
	}
	if q.New = rules; !whole {
		q.New = changed(q.Old, rules)
	}
	r, err := backtest.Run(ctx, q)
	return r, problems, err
}

// changed lays rules over others: the same id replaces, in its place.
func changed(old, rules []alarm.Rule) []alarm.Rule {
	list := slices.Clone(old)
	for _, r := range rules {
		if i := slices.IndexFunc(list, func(x alarm.Rule) bool { return x.ID == r.ID }); i >= 0 {
			list[i] = r
		} else {
			list = append(list, r)
		}
	}
	return list
}

// past is a request about the present rules on the points that there are.
func (a *App) past(ctx context.Context, from, to time.Time) (backtest.Request, error) {
	s, site := a.store.Load(), a.site.Load()
	if s == nil {
		return backtest.Request{}, errNoStore
	}
	q := backtest.Request{Old: site.Alarms, From: from, To: to, Read: s.Samples, Off: a.off(ctx, s, from, to)}
	book, _ := site.Book() // what is wrong with it was told when the site was compiled
	q.Calendars = book
	panel, _ := zone.New(zone.Definition{Zones: site.Zones, Partitions: site.Partitions, Doors: site.Doors})
	q.More = definitions(site, panel)
	if fitted := a.fitted.Load(); fitted != nil {
		var f Fittings
		for _, id := range slices.Sorted(maps.Keys(*fitted)) {
			f.Devices = append(f.Devices, (*fitted)[id])
		}
		q.Derived = derivations(site, f)
	}
	v := a.engine.View()
	for i := range v.Points.Len() {
		q.Points = append(q.Points, *v.Points.At(i).Point)
	}
	return q, nil
}

// startsMost is how many starts of the box a backtest looks at, newest first.
const startsMost = 500

// off are the times when the box was off: from the last record before each of
// its starts, the one after to among them. Without a clock that somebody vouched
// for nobody knows.
func (a *App) off(ctx context.Context, s *store.Store, from, to time.Time) (list []backtest.Gap) {
	starts, err := s.Events(ctx, store.EventQuery{Types: []event.Type{event.BoxStarted}, Limit: startsMost})
	if err != nil {
		a.log("starts of the box: %v", err)
	}
	for i, r := range starts {
		if r.At.Wall.Before(from) {
			break
		}
		if i+1 < len(starts) && starts[i+1].At.Wall.After(to) {
			continue // another start lies between
		}
		before, err := s.Events(ctx, store.EventQuery{Epoch: r.ID.Epoch, Before: r.ID.Sequence, Limit: 50})
		if err != nil || r.At.Clock == point.ClockUnknown {
			continue
		}
		// The start's own records may come before the one that tells of it.
		began := startOf(r)
		former := func(x event.Record) bool {
			return x.At.Boot != began.Boot || x.Type == event.BoxStopped || x.At.Mono < began.Mono
		}
		if i := slices.IndexFunc(before, former); i >= 0 && before[i].At.Wall.Before(began.Wall) && before[i].At.Wall.Before(to) {
			list = append(list, backtest.Gap{From: before[i].At.Wall, To: began.Wall})
		}
	}
	slices.Reverse(list)
	return list
}

// started is the detail of the record of a start: what was read and decided since
// Began is of this run, although the record comes later.
type started struct {
	Began point.Instant `json:"began"`
}

func startDetail(began point.Instant) json.RawMessage {
	b, err := json.Marshal(started{began})
	if err != nil {
		return nil // a wall clock beyond the year 9999
	}
	return b
}

// startOf is when the run of that record began; of one without a detail, when it
// was told.
func startOf(r event.Record) point.Instant {
	var s started
	if json.Unmarshal(r.Detail, &s) == nil && s.Began.Boot == r.At.Boot {
		return s.Began
	}
	r.At.Mono = 0
	return r.At
}
