package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// What follows answers why an alarm rings or does not. The engine is asked for
// its newest judgement; all else is done outside it.

// samplesMost bounds what a backtest reads of one point.
const samplesMost = 200_000

// ErrNoAlarm is the answer for a key that the box does not know.
var ErrNoAlarm = errors.New("no such alarm")

// Explain answers why an alarm rings or not now, or at a time in the past: then
// by replaying the kept samples through the present rules. May block on the disk.
func (a *App) Explain(ctx context.Context, key string, at time.Time) (event.Decision, error) {
	if !at.IsZero() {
		d, ok, err := backtest.Explain(ctx, a.past(time.Time{}, at), key, at)
		if err != nil || ok {
			return d, err
		}
		return d, fmt.Errorf("%s: %w raised by a rule: only rules can be replayed, see its decisions", key, ErrNoAlarm)
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

// Backtest replays the kept samples since from through the rules in data (a site
// file, or one with alarms only) beside the present ones.
func (a *App) Backtest(ctx context.Context, data []byte, from, to time.Time) (backtest.Report, []config.Problem, error) {
	rules, problems := config.ParseRules("rules.yaml", data)
	if config.Refused(problems) {
		return backtest.Report{}, problems, ErrSite
	}
	q := a.past(from, to)
	q.New = rules
	r, err := backtest.Run(ctx, q)
	return r, problems, err
}

// past is a request about the present rules on the points that there are.
func (a *App) past(from, to time.Time) backtest.Request {
	site := a.site.Load()
	q := backtest.Request{Old: site.Alarms, From: from, To: to, Read: a.samples}
	if book, errs := site.Book(); len(errs) == 0 {
		q.Calendars = book
	}
	v := a.engine.View()
	for i := range v.Points.Len() {
		q.Points = append(q.Points, *v.Points.At(i).Point)
	}
	return q
}

func (a *App) samples(ctx context.Context, p point.Name, from, to time.Time) (list []point.Sample, whole bool, err error) {
	readings, err := a.History(ctx, p, from, to, samplesMost)
	for _, r := range readings {
		list = append(list, point.Sample{Point: p, Value: r.Value, Quality: r.Quality, At: point.Instant{Wall: r.At}})
	}
	return list, len(readings) < samplesMost, err
}
