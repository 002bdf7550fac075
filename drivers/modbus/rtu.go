package modbus

import (
	"context"
	"errors"
	"os"
	"time"

	"watchbox/firmware/driver"
)

const (
	// quietLimit is how long a request waits for a line that is never silent. A
	// babbler cannot be waited out; the request then goes into the noise.
	quietLimit = 100 * time.Millisecond
	// settle is the silence after a damaged answer that ends the wait early: no
	// device begins again by itself.
	settle = 50 * time.Millisecond
	// inputLimit bounds the bytes of one exchange that are kept. The oldest go.
	inputLimit = 1024
	// silences is after how many requests in a row without a single byte the port
	// is opened anew: some USB adapters hang like that.
	silences = 3
)

// rtu is the serial wire.
type rtu struct {
	bus    *Bus
	dial   func() (driver.Port, error)
	pace   pace
	port   driver.Port // nil when it must be opened
	last   time.Time   // when the wire last carried a byte
	quiet  time.Time   // the quarantine ends
	silent int         // requests in a row without a byte
	echoes bool        // learnt from reads: the adapter hears itself
	input  []byte
}

// exchange sends the request and waits for its answer.
func (r *rtu) exchange(ctx context.Context, request []byte, m Manners) ([]byte, error) {
	e, ok := expecting(request)
	if !ok {
		return nil, unsupported("function %d", request[1])
	}
	e.echoes = r.echoes
	if err := r.open(); err != nil {
		return nil, err
	}
	// A caller that gives up is heard at once, not at the deadline.
	port := r.port
	defer context.AfterFunc(ctx, func() { port.SetReadDeadline(time.Unix(1, 0)) })()
	reply, err := r.converse(ctx, e, m)
	if errors.Is(err, driver.ErrDisconnect) || r.silent >= silences {
		r.shut()
	}
	return reply, err
}

// converse is one exchange on an open port.
func (r *rtu) converse(ctx context.Context, e expect, m Manners) ([]byte, error) {
	end := limit(ctx)
	if err := r.hush(ctx, end); err != nil {
		return nil, err
	}
	if err := r.send(e.request, end); err != nil {
		return nil, err
	}
	// The kernel takes the bytes at once; the wire carries them later.
	sent := r.last.Add(r.pace.of(len(e.request)))
	by := sent.Add(m.Timeout + r.pace.of(e.length))
	s, err := r.receive(ctx, e, earlier(by, end))
	if err != nil {
		return nil, err
	}
	if s.frame == nil {
		return nil, r.missed(ctx, e, s, m, sent)
	}
	if e.reads {
		r.echoes = s.echo
	}
	if s.before > 0 && !(s.echo && s.before == len(e.request)) {
		r.bus.count(func(st *Stats) { st.Foreign++ })
	}
	return append([]byte(nil), s.frame...), nil
}

func (r *rtu) open() error {
	if r.port != nil {
		return nil
	}
	p, err := r.dial()
	if err != nil {
		return disconnect("open bus %s: %v", r.bus.name, err)
	}
	r.bus.count(func(s *Stats) { s.Opens++ })
	r.port, r.silent, r.last = p, 0, time.Now()
	return nil
}

func (r *rtu) shut() error {
	if r.port == nil {
		return nil
	}
	p := r.port
	r.port, r.silent = nil, 0
	return p.Close()
}

// hush waits for the end of the quarantine and for the silence before a frame,
// and throws away what comes meanwhile.
func (r *rtu) hush(ctx context.Context, end time.Time) error {
	if err := r.port.Flush(); err != nil {
		return r.lost(err)
	}
	until := later(r.quiet, r.last.Add(r.pace.gap))
	patience := later(until, time.Now()).Add(quietLimit)
	var b [256]byte
	for time.Now().Before(until) {
		n, err := r.read(ctx, b[:], earlier(until, end))
		switch {
		case err != nil:
			return err
		case n > 0:
			r.last = time.Now()
			until = earlier(later(until, r.last.Add(r.pace.gap)), patience)
		case !time.Now().Before(end):
			return timeout("bus %s was not quiet in time", r.bus.name)
		}
	}
	return nil
}

func (r *rtu) send(request []byte, end time.Time) error {
	if err := r.port.SetWriteDeadline(end); err != nil {
		return r.lost(err)
	}
	if _, err := r.port.Write(request); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return disconnect("bus %s takes no bytes", r.bus.name)
		}
		return r.lost(err)
	}
	r.last = time.Now()
	r.bus.count(func(s *Stats) { s.Requests++ })
	return nil
}

// receive gathers bytes until the answer is among them or by has come; in the
// latter case there is no frame and no error.
func (r *rtu) receive(ctx context.Context, e expect, by time.Time) (search, error) {
	r.input = r.input[:0]
	var b [256]byte
	for {
		n, err := r.read(ctx, b[:], by)
		if err != nil {
			return search{}, err
		}
		if n == 0 {
			return e.find(r.input), nil
		}
		r.last = time.Now()
		r.keep(b[:n])
		s := e.find(r.input)
		if s.frame != nil {
			r.silent = 0
			return s, nil
		}
		if s.damaged {
			by = earlier(by, r.last.Add(settle+r.pace.of(e.length)))
		}
	}
}

// keep adds to the input; of a flood the newest half is kept.
func (r *rtu) keep(b []byte) {
	if len(r.input)+len(b) > inputLimit {
		r.input = append(r.input[:0], r.input[len(r.input)-inputLimit/2:]...)
	}
	r.input = append(r.input, b...)
}

// read waits for bytes until by. Nothing and no error means: the time is over.
func (r *rtu) read(ctx context.Context, b []byte, by time.Time) (int, error) {
	for time.Now().Before(by) {
		if err := r.port.SetReadDeadline(by); err != nil {
			return 0, r.lost(err)
		}
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return 0, timeout("given up: %v", err)
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

func (r *rtu) lost(err error) error { return disconnect("bus %s lost: %v", r.bus.name, err) }

// missed says why there is no answer and keeps the bus quiet as long as one may
// still come.
func (r *rtu) missed(ctx context.Context, e expect, s search, m Manners, sent time.Time) error {
	got := len(r.input)
	switch {
	case s.damaged:
		r.silent = 0
		r.bus.count(func(st *Stats) { st.Garbage++ })
		return garbage("answer with a wrong check sum")
	case s.echo && got == len(e.request): // heard itself and nobody else
		got = 0
	}
	strangers := got > 0 && foreign(r.input)
	if got > 0 && !strangers {
		r.silent = 0
		r.bus.count(func(st *Stats) { st.Garbage++ })
		err := garbage("%d bytes not understood in %v", got, m.Timeout)
		r.quarantine(ctx, e, m, sent)
		return err
	}
	r.silent++
	note := ""
	if strangers {
		r.silent = 0
		r.bus.count(func(st *Stats) { st.Foreign++ })
		note = ", only foreign frames"
	}
	r.bus.count(func(st *Stats) { st.Timeouts++ })
	if after := r.quarantine(ctx, e, m, sent); after > 0 {
		note = ", the answer came after " + after.Round(time.Millisecond).String()
	}
	return timeout("timeout after %v%s", m.Timeout, note)
}

// quarantine listens until the slowest answer would be over. It ends early when
// the late answer comes, and tells how late; what the caller's deadline cuts off
// is served before the next request.
func (r *rtu) quarantine(ctx context.Context, e expect, m Manners, sent time.Time) time.Duration {
	r.quiet = sent.Add(m.Worst + r.pace.of(e.length))
	s, err := r.receive(ctx, e, earlier(r.quiet, limit(ctx)))
	if err != nil || s.frame == nil {
		return 0
	}
	r.quiet = time.Time{}
	r.bus.count(func(st *Stats) { st.Late++ })
	return time.Since(sent)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
