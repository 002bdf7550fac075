package backtest

import (
	"context"
	"time"

	"watchbox/firmware/event"
)

// Recorded answers for an alarm that nothing replays (the box's own, a device's,
// a code's) by d, the last change of mind about it until then, if one was kept. The error is a *NotKept where the box was
// off then, or nothing was kept of the alarm. May block on the disk.
func Recorded(ctx context.Context, q Request, at time.Time, d event.Decision, kept bool) (event.Decision, error) {
	q.To = at
	if _, err := q.awake(ctx, at); err != nil {
		return d, err
	}
	if !kept {
		return d, notKept("到当时为止没有保存过这个报警的判断：它没有报过，或已超过保存期",
			"No decision about this alarm was kept until then: it never rang, or what was kept of it is gone")
	}
	since := q.stamp(d.At.Wall)
	d.At.Wall, d.At.Mono = at, d.At.Mono+at.Sub(d.At.Wall)
	d.Text.Zh += "（" + since + " 的判断，到当时没有变化的记录）"
	d.Text.En += " (decided " + since + ", no change on record until then)"
	return d, nil
}
