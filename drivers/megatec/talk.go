package megatec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// turn is when a question beside the first is asked again.
type turn struct {
	due    time.Time
	failed int // in a row
}

// state asks for the state in the dialect that was found, else in each until one
// is known to the unit. A unit that is silent or garbled is asked the next one
// next time: a dead UPS costs one question.
func (d *Device) state(ctx context.Context) error {
	for range d.spoken {
		q := d.spoken[d.current].main
		all, err := d.wire.ask(ctx, q)
		if err == nil {
			d.found, d.failed = true, 0
			d.last.put(all)
			return nil
		}
		if !errors.Is(err, driver.ErrNotPresent) {
			d.stumbled(err)
			return err
		}
		d.next()
	}
	return fmt.Errorf("%w: it knows none of %s", driver.ErrRefused, d.tried())
}

// stumbled counts a failure that may mean another dialect.
func (d *Device) stumbled(err error) {
	if errors.Is(err, driver.ErrDisconnect) {
		return
	}
	if d.failed++; !d.found || d.failed >= patience {
		d.next()
	}
}

// next goes on to another dialect, perhaps another unit: nothing old is true of it.
func (d *Device) next() {
	d.current, d.found, d.failed = (d.current+1)%len(d.spoken), false, 0
	d.last, d.turns = answers{}, map[*query]*turn{}
}

func (d *Device) tried() string {
	var texts []string
	for _, s := range d.spoken {
		texts = append(texts, s.main.text)
	}
	return strings.Join(texts, ", ")
}

// beside asks what is due of the rest. Only a lost port is an error.
func (d *Device) beside(ctx context.Context, s dialect) error {
	for _, q := range s.others {
		if _, err := d.along(ctx, q, 0); err != nil {
			return err
		}
	}
	for _, q := range s.ratings {
		if asked, err := d.along(ctx, q, seldom); asked || err != nil {
			return err
		}
	}
	return nil
}

// along asks a question if it is due and says when it is due again.
func (d *Device) along(ctx context.Context, q *query, every time.Duration) (asked bool, err error) {
	t := d.turns[q]
	if t == nil {
		t = &turn{}
		d.turns[q] = t
	}
	now := time.Now()
	if now.Before(t.due) {
		return false, nil
	}
	all, err := d.wire.ask(ctx, q)
	switch {
	case err == nil:
		t.failed, t.due = 0, now.Add(every)
	case errors.Is(err, driver.ErrDisconnect):
		return true, err
	case errors.Is(err, driver.ErrNotPresent):
		all, t.due = q.lost(point.NotPresent), now.Add(rest)
	default:
		all = q.lost(driver.ReasonOf(err))
		if t.failed++; t.failed >= patience {
			t.due = now.Add(rest)
		}
	}
	d.last.put(all)
	return true, nil
}
