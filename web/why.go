package web

import (
	"context"
	"errors"
	"time"

	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// Why answers why an alarm rings or does not.
type Why struct {
	Answer event.Decision   `json:"answer" doc:"the judgement that holds, or held at the time asked for"`
	Past   []event.Decision `json:"past" doc:"the newest changes of mind before it, oldest first"`
}

// BacktestOrder asks what rules would have done.
type BacktestOrder struct {
	Rules string `json:"rules" doc:"YAML: a site file, which stands for all rules, or one with alarms only, which changes those of the same id and adds the others"`
	Days  int    `json:"days" doc:"how far to go back, 1–60"`
}

// RemovalOrder takes an alarm out of service for a bounded time.
type RemovalOrder struct {
	Comment string `json:"comment" doc:"why; required"`
	Minutes int    `json:"minutes"`
	Second  string `json:"second,omitempty" doc:"the second person, whom panic and tamper need"`
}

// backtestLimit bounds the time of one backtest, and one runs at a time.
const backtestLimit = time.Minute

var backtests = make(chan struct{}, 1)

// pasts are the moments of the past that are replayed, one at a time: whoever may
// look may ask, as often as he likes.
var pasts = make(chan struct{}, 1)

// explain is the box's answer; of the past in its turn.
func (c *call) explain(ctx context.Context, key string, at time.Time) (event.Decision, error) {
	if !at.IsZero() {
		select {
		case pasts <- struct{}{}:
			defer func() { <-pasts }()
		case <-ctx.Done():
			return event.Decision{}, ctx.Err()
		}
	}
	return c.box.Explain(ctx, key, at)
}

func showWhy(c *call) (any, error) {
	key := c.r.URL.Query().Get("key")
	if c.keeps(key) {
		return nil, c.noAlarm(key)
	}
	at, err := c.moment("at")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), backtestLimit)
	defer cancel()
	answer, err := c.explain(ctx, key, at)
	var untold *backtest.NotKept
	switch {
	case err != nil && at.IsZero():
		return nil, c.noAlarm(key)
	case errors.As(err, &untold):
		return nil, failure(404, "not-kept", untold.Zh, untold.En)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, failure(503, "too-long", "数据过多，一分钟内未完成", "Too much data for a minute")
	}
	past, lost := c.box.Decisions(c.r.Context(), store.DecisionQuery{Key: key, To: at, Most: 20})
	if past == nil {
		past = []event.Decision{}
	}
	if err != nil { // of the box itself what was decided then is all there is
		if _, unknown := c.box.Explain(c.r.Context(), key, time.Time{}); unknown != nil {
			return nil, c.noAlarm(key)
		}
		if lost != nil || len(past) == 0 {
			return nil, errNoDecision
		}
		answer = past[len(past)-1]
	}
	return Why{answer, past}, nil
}

// errNoDecision is the answer for a time from which nothing was kept.
var errNoDecision = failure(404, "not-kept", "当时的判断没有保存：那时设备还未运行，或记录已过 30 天", "Nothing was kept of that time: the box was not running yet, or it is more than 30 days ago")

func runBacktest(c *call) (any, error) {
	in, err := read[BacktestOrder](c)
	if err != nil {
		return nil, err
	}
	if in.Days < 1 || in.Days > int(backtest.Longest/(24*time.Hour)) || in.Rules == "" {
		return nil, badRequest("rules are required, days 1 to 60")
	}
	select {
	case backtests <- struct{}{}:
		defer func() { <-backtests }()
	default:
		return nil, failure(429, "busy", "正在进行另一次回放，请稍后", "Another backtest runs; try again later")
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), backtestLimit)
	defer cancel()
	now := c.options.Now().Wall
	report, problems, err := c.box.Backtest(ctx, []byte(in.Rules), now.AddDate(0, 0, -in.Days), now)
	switch {
	case len(problems) > 0 && err != nil:
		f := badRequest("")
		f.Words, f.Reasons = point.Words{Zh: "规则有误", En: "The rules have errors"}, lines(config.Problems(problems))
		return nil, f
	case errors.Is(err, context.DeadlineExceeded):
		return nil, failure(503, "too-long", "数据过多，一分钟内未完成：缩短天数", "Too much data for a minute: fewer days")
	case err != nil:
		return nil, badRequest(err.Error())
	}
	return report, nil
}

func remove(c *call) (any, error) {
	in, err := read[RemovalOrder](c)
	if err != nil {
		return nil, err
	}
	if in.Minutes < 1 || in.Minutes > 90*24*60 || len(in.Comment) > maxComment || len(in.Second) > 64 {
		return nil, badRequest("minutes 1 to 129600, comment at most 500 bytes")
	}
	until := c.options.Now().Wall.Add(time.Duration(in.Minutes) * time.Minute)
	return nil, c.alarmOrder(engine.Command{Verb: engine.OutOfService, Until: until, Comment: in.Comment, Second: in.Second})
}

func returnToService(c *call) (any, error) {
	return nil, c.alarmOrder(engine.Command{Verb: engine.InService})
}

func walkTest(c *call) (any, error) {
	return nil, c.command(engine.Command{Verb: engine.WalkTest, Target: c.r.PathValue("id")})
}

func endWalkTest(c *call) (any, error) {
	return nil, c.command(engine.Command{Verb: engine.EndWalk, Target: "*"})
}
