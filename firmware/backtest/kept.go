package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

// NotKept says in words for a person why nothing can be said of that time.
type NotKept struct{ point.Words }

func (n *NotKept) Error() string { return n.En }

func notKept(zh, en string, a ...any) error {
	return &NotKept{point.Words{Zh: fmt.Sprintf(zh, a...), En: fmt.Sprintf(en, a...)}}
}

// stamp shows a time by the clock of the one who asks.
func (q Request) stamp(t time.Time) string { return t.In(q.To.Location()).Format("2006-01-02 15:04") }

// awake refuses a moment at which the box was off. After a power cut nobody knows
// when that began but by the last thing that was kept: a record, or a reading.
func (q Request) awake(ctx context.Context, at time.Time) ([]Gap, error) {
	off := slices.Clone(q.Off)
	for i, g := range off {
		if !at.After(g.From) || !at.Before(g.To) {
			continue
		}
		heard, err := q.heard(ctx, at, g.To)
		if err != nil {
			return nil, err
		}
		if !heard {
			return nil, notKept("当时设备没有运行，或最后几分钟的读数随断电丢失：%s 至 %s 没有保存任何内容",
				"The box was not running then, or its last minutes went with the power: nothing was kept from %s to %s", q.stamp(g.From), q.stamp(g.To))
		}
		off[i].From = at
	}
	return off, nil
}

// heard tells whether any reading was kept of that time.
func (q Request) heard(ctx context.Context, from, to time.Time) (bool, error) {
	var names []point.Name
	for _, p := range q.Points[:min(len(q.Points), store.SamplesPoints)] {
		names = append(names, p.Name)
	}
	_, err := q.Read(ctx, names, from, to, func(x point.Sample) error {
		if x.At.Wall.Before(from) {
			return nil
		}
		return errKnown
	})
	if errors.Is(err, errKnown) {
		return true, nil
	}
	return false, err
}
