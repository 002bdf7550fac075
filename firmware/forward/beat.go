package forward

import (
	"context"
	"time"
)

func (r *Runner) beatDue() bool {
	_, can := r.path.(Beater)
	return can && r.Beat != nil && !time.Now().Before(r.beat)
}

func (r *Runner) untilBeat() time.Duration {
	if _, can := r.path.(Beater); !can || r.Beat == nil {
		return lookEvery
	}
	return max(time.Until(r.beat), 0)
}

func (r *Runner) sendBeat(ctx context.Context) error {
	attempt, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := r.path.(Beater).Beat(attempt, r.Beat()); err != nil {
		return err
	}
	r.beat = time.Now().Add(beatEvery)
	r.succeeded()
	return nil
}
