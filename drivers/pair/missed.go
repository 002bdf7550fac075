package pair

import (
	"context"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// missed says why there is no answer and keeps the bus quiet as long as one may
// still come.
func (r *Pair) missed(ctx context.Context, e call, s Search, m Manners, sent time.Time) error {
	got := len(r.input)
	switch {
	case s.Damaged:
		r.silent, r.quiet = 0, time.Time{} // it has spoken
		r.count(func(st *Stats) { st.Garbage++ })
		r.spoilt(bus.Damaged)
		return driver.Fail(driver.ErrGarbage, "answer with a wrong check sum")
	case s.Echo && got == len(e.request): // heard itself and nobody else
		got = 0
	}
	strangers := got > 0 && e.answer.Foreign(r.input)
	if got > 0 && !strangers {
		r.silent = 0
		r.count(func(st *Stats) { st.Garbage++ })
		r.spoilt(bus.Noise)
		err := driver.Fail(driver.ErrGarbage, "%d bytes not understood in %v", got, m.Timeout)
		r.quarantine(ctx, e, sent)
		return err
	}
	if !m.Search {
		r.silent++
	}
	note := ""
	if strangers {
		r.silent = 0
		r.count(func(st *Stats) { st.Foreign++ })
		r.steppedOver(r.input)
		note = ", only foreign frames"
	}
	r.count(func(st *Stats) { st.Timeouts++ })
	r.silence(m.Timeout)
	if after := r.quarantine(ctx, e, sent); after > 0 {
		note = ", the answer came after " + after.Round(time.Millisecond).String()
	}
	return driver.Fail(driver.ErrTimeout, "timeout after %v%s", m.Timeout, note)
}

// quarantine listens until the slowest answer would be over. It ends early when
// the late answer comes, and tells how late; what the caller's deadline cuts off
// is served before the next request.
func (r *Pair) quarantine(ctx context.Context, e call, sent time.Time) time.Duration {
	s, err := r.receive(ctx, e, earlier(r.quiet, Limit(ctx)))
	if err != nil || s.Frame == nil {
		r.steppedOver(r.input) // perhaps an answer of somebody else
		return 0
	}
	r.quiet = time.Time{}
	r.count(func(st *Stats) { st.Late++ })
	r.answered(bus.Late, s, sent)
	return time.Since(sent)
}
