package pair

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// Overhear listens for that long, at the line's own speed, without asking anybody, and
// gives what was heard: of a flood the newest. What it hears is told to the monitor, gap
// by gap. The line is not to be had by others meanwhile. The error wraps one of driver's
// classes.
func (r *Pair) Overhear(ctx context.Context, long time.Duration) ([]byte, error) {
	giveBack, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	if err := r.tune(ctx, driver.Line{}); err != nil {
		return nil, err
	}
	if err := r.sweep(); err != nil {
		r.shut()
		return nil, r.lost(err)
	}
	return r.overhear(ctx, earlier(time.Now().Add(long), Limit(ctx)))
}

// betweenFrames is the silence after which bytes are another frame: a USB adapter
// hands them over up to 16 ms late.
const betweenFrames = 20 * time.Millisecond

func (r *Pair) overhear(ctx context.Context, by time.Time) (all []byte, err error) {
	var b [256]byte
	end := by.Add(quietLimit) // a frame that has begun is heard out
	for time.Now().Before(by) || len(r.input) > 0 && time.Now().Before(end) {
		until := by
		if len(r.input) > 0 {
			until = earlier(end, r.last.Add(max(betweenFrames, r.pace.Gap)))
		}
		n, err := r.read(ctx, b[:], until)
		if err != nil {
			r.shut()
			return all, err
		}
		if n > 0 {
			r.last = time.Now()
			r.keep(b[:n])
			continue
		}
		all = r.heard(all)
	}
	return r.heard(all), nil
}

// heard tells of what stands in the input and adds it to all.
func (r *Pair) heard(all []byte) []byte {
	if len(r.input) == 0 {
		return all
	}
	r.tell(bus.Frame{At: r.seen.first, Kind: bus.Foreign, Data: r.input})
	all = append(all, r.input...)
	r.input = r.input[:0]
	return slices.Clone(all[max(0, len(all)-inputLimit):])
}
