package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"watchbox/firmware/bus"
)

// longestTrace bounds one trace; whoever wants more asks again.
const longestTrace = time.Hour

// span of a trace by the query, in seconds.
func (c *call) traceSpan() (time.Duration, error) {
	n, err := parseCount("seconds", c.r.URL.Query().Get("seconds"), uint64(longestTrace/time.Second), 1, uint64(longestTrace/time.Second))
	return time.Duration(n) * time.Second, err
}

// followWire calls line for everything on the wire until the time is over, the caller
// has left, his log-in is over or became blind, or line fails. Every few seconds beat
// is called, however much there is to hear.
func (c *call) followWire(t bus.Trace, span time.Duration, line func(bus.Line) error, beat func() error) {
	ctx, stop := context.WithTimeout(c.r.Context(), span)
	defer stop()
	o := &outgoing{call: c}
	for due := time.Now().Add(heartbeat); ctx.Err() == nil; {
		turn, next := context.WithDeadline(ctx, due)
		lines, _ := t.Next(turn) // none when the turn is over
		next()
		for _, l := range lines {
			if c.blind(c.session) || line(l) != nil {
				return
			}
		}
		if time.Now().Before(due) {
			continue
		}
		if ctx.Err() != nil || !o.stillAdmitted() || beat() != nil {
			return
		}
		due = time.Now().Add(heartbeat)
	}
}

// traceBus answers with the frames of a wire as they come.
func traceBus(c *call) {
	c.listen("text/event-stream; charset=utf-8", func(t bus.Trace, span time.Duration) {
		o := &outgoing{call: c, control: http.NewResponseController(c.w)}
		beat := func() error { return o.write(message("heartbeat", Beat{o.options.Now().Wall})) }
		if beat() == nil {
			c.followWire(t, span, func(l bus.Line) error { return o.write(message("frame", LineOf(l))) }, beat)
		}
	})
}

// captureBus answers with the same as a file that Wireshark reads.
func captureBus(c *call) {
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+c.r.PathValue("id")+`.pcapng"`)
	c.listen("application/x-pcapng", func(t bus.Trace, span time.Duration) {
		out := &flushing{c.w, http.NewResponseController(c.w)}
		file, err := bus.NewCapture(out, c.r.PathValue("id"))
		if err == nil {
			c.followWire(t, span, file.Add, func() error { return nil })
		}
	})
}

// listen begins a trace and lets tell answer with it.
func (c *call) listen(kind string, tell func(bus.Trace, time.Duration)) {
	span, err := c.traceSpan()
	if err == nil {
		err = c.mayHear()
	}
	var t bus.Trace
	if err == nil {
		t, err = c.box.Trace(c.r.PathValue("id"))
	}
	if err != nil {
		c.w.Header().Del("Content-Disposition")
		writeFailure(c.w, err)
		return
	}
	defer t.Close()
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	tell(t, span)
}

// flushing sends each block at once, within slowWrite.
type flushing struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (f *flushing) Write(b []byte) (int, error) {
	if err := f.control.SetWriteDeadline(time.Now().Add(slowWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := f.ResponseWriter.Write(b)
	if err == nil {
		err = f.control.Flush()
	}
	return n, err
}
