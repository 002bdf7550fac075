package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/backtest"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// recorded answers for a time in the past about an alarm that nothing replays.
func (a *App) recorded(ctx context.Context, q backtest.Request, key string, at time.Time) (event.Decision, error) {
	if _, ok, err := a.engine.Explain(ctx, key); err != nil || !ok {
		return event.Decision{}, errors.Join(err, fmt.Errorf("%s: %w", key, ErrNoAlarm))
	}
	last, kept, err := a.store.Load().DecisionAt(ctx, key, at)
	if err != nil {
		return last, err
	}
	return backtest.Recorded(ctx, q, at, last, kept)
}

// triesTold is how many wrong codes are named.
const triesTold = 5

// tries adds to what is thought of the alarm about codes the newest wrong ones
// until then: no reading tells of them, the journal does. Blocks on the disk.
func (a *App) tries(ctx context.Context, d *event.Decision, at time.Time) error {
	if d.Key != zone.CodesKey || a.store.Load() == nil {
		return nil
	}
	n := 0
	list, _, err := a.recall(ctx, []event.Type{event.CodeRefused}, at, func(event.Record) bool { n++; return n == triesTold })
	if err != nil {
		return err
	}
	told := make([]string, 0, triesTold)
	for _, r := range list {
		told = append(told, r.At.Wall.In(a.site.Load().Zone()).Format("01-02 15:04:05 ")+r.Subject+" @ "+r.Actor)
	}
	w := point.Words{Zh: "最近输错的操作密码：" + strings.Join(told, "、"), En: "wrong codes last: " + strings.Join(told, ", ")}
	if len(told) == 0 {
		w = point.Words{Zh: "没有输错操作密码的记录", En: "no wrong code on record"}
	}
	d.Text.Zh, d.Text.En = d.Text.Zh+"（"+w.Zh+"）", d.Text.En+" ("+w.En+")"
	return nil
}
