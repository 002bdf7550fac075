package webtest

import (
	"context"
	"errors"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// Explain answers with one sentence for the alarms that the box has.
func (b *Box) Explain(_ context.Context, key string, at time.Time) (event.Decision, error) {
	if _, known := definitions()[key]; !known {
		return event.Decision{}, errors.New("no such alarm")
	}
	return event.Decision{Key: key, Verdict: alarm.VerdictQuiet, At: point.Instant{Wall: at}, Text: point.Words{Zh: "温度 22 °C，未超过上限 28 °C，未报警", En: "22 °C is not above 28 °C: no alarm"},
		Inputs: []event.Input{{Point: "th1/ambient.temperature", Value: "22 °C"}}}, nil
}

// Decisions has none.
func (b *Box) Decisions(context.Context, store.DecisionQuery) ([]event.Decision, error) {
	return nil, nil
}

// Backtest reads the rules and finds that nothing would have rung.
func (b *Box) Backtest(_ context.Context, data []byte, from, to time.Time) (backtest.Report, []config.Problem, error) {
	_, _, problems := config.ParseRules("rules.yaml", data)
	if config.Refused(problems) {
		return backtest.Report{}, problems, errors.New("refused")
	}
	none := backtest.Outcome{Raises: []backtest.Raise{}}
	return backtest.Report{From: from, To: to, Old: none, New: none, Rules: []backtest.Tally{}, Coverage: []backtest.Coverage{}}, nil, nil
}
