package pair

import (
	"context"
	"errors"
	"os"
	"time"

	"watchbox/firmware/driver"
)

// hush waits for the end of the quarantine and for the silence before a frame,
// and throws away what comes meanwhile.
func (r *Pair) hush(ctx context.Context, end time.Time) error {
	if err := r.sweep(); err != nil {
		return r.lost(err)
	}
	defer r.strayed()
	until := later(r.quiet, r.last.Add(r.pace.Gap))
	patience := later(until, time.Now()).Add(quietLimit)
	var b [256]byte
	for time.Now().Before(until) {
		n, err := r.read(ctx, b[:], earlier(until, end))
		switch {
		case err != nil:
			return err
		case n > 0:
			r.last = time.Now()
			r.keep(b[:n])
			until = earlier(later(until, r.last.Add(r.pace.Gap)), patience)
		case !time.Now().Before(end):
			return driver.Fail(driver.ErrTimeout, "bus %s was not quiet in time", r.name)
		}
	}
	return nil
}

func (r *Pair) send(request []byte, end time.Time) error {
	if err := r.port.SetWriteDeadline(end); err != nil {
		return r.lost(err)
	}
	if _, err := r.port.Write(request); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return driver.Fail(driver.ErrDisconnect, "bus %s takes no bytes", r.name)
		}
		return r.lost(err)
	}
	r.last = time.Now()
	r.count(func(s *Stats) { s.Requests++ })
	r.sent(request)
	return nil
}

// receive gathers bytes until the answer is among them or by has come; in the
// latter case there is no frame and no error.
func (r *Pair) receive(ctx context.Context, e call, by time.Time) (Search, error) {
	r.input = r.input[:0]
	var b [256]byte
	for {
		n, err := r.read(ctx, b[:], by)
		if err != nil {
			return Search{}, err
		}
		if n == 0 {
			return e.answer.Find(r.input, r.echoes), nil
		}
		r.last = time.Now()
		r.keep(b[:n])
		s := e.answer.Find(r.input, r.echoes)
		if s.Frame != nil {
			r.silent = 0
			return s, nil
		}
		switch {
		case s.Damaged:
			by = earlier(by, r.last.Add(settle+r.pace.Of(e.answer.Length())))
		case s.Coming > 0: // longer than was thought
			by = earlier(later(by, r.last.Add(settle+r.pace.Of(s.Coming))), Limit(ctx))
			r.quiet = later(r.quiet, by)
		}
	}
}

// keep adds to the input; of a flood the newest half is kept.
func (r *Pair) keep(b []byte) {
	if len(r.input) == 0 {
		r.seen.first = r.last
	}
	if len(r.input)+len(b) > inputLimit {
		r.input = append(r.input[:0], r.input[len(r.input)-inputLimit/2:]...)
	}
	r.input = append(r.input, b...)
}

// read waits for bytes until by. Nothing and no error means: the time is over.
func (r *Pair) read(ctx context.Context, b []byte, by time.Time) (int, error) {
	for time.Now().Before(by) {
		if err := r.port.SetReadDeadline(by); err != nil {
			return 0, r.lost(err)
		}
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return 0, driver.Fail(driver.ErrTimeout, "given up: %v", err)
		}
		n, err := r.port.Read(b)
		switch {
		case n > 0:
			return n, nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, r.lost(err)
		}
	}
	return 0, nil
}

func (r *Pair) lost(err error) error {
	return driver.Fail(driver.ErrDisconnect, "bus %s lost: %v", r.name, err)
}
