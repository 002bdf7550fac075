package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Pulses is where the edges of a reader's two wires come from: a line request
// without debounce. Next blocks until an edge, the deadline
// (os.ErrDeadlineExceeded) or the loss of the chip. Now is the clock of the stamps.
type Pulses interface {
	Next(deadline time.Time) (Edge, error)
	Now() time.Duration
	Close() error
}

// WiegandReader is a reader on two lines of the box.
type WiegandReader struct {
	name, room string
	label      point.Words
	open       func() (Pulses, error)
	log        driver.Log
	sieve      sieve
}

// NewWiegand makes a reader of two lines; it touches none. log may be nil.
func NewWiegand(spec driver.Spec, open func() (Pulses, error), log driver.Log) *WiegandReader {
	if log == nil {
		log = func(string, ...any) {}
	}
	return &WiegandReader{name: spec.Name, room: spec.Room, label: spec.Label, open: open, log: log}
}

// Describe lists the reader's two points.
func (r *WiegandReader) Describe() []point.Point { return describe(r.name, r.room, r.label) }

// Close does nothing: the lines live as long as a Watch.
func (r *WiegandReader) Close() error { return nil }

// Watch puts the edges together until ctx ends or the lines are lost.
func (r *WiegandReader) Watch(ctx context.Context, emit driver.Emit) error {
	pulses, err := r.open()
	online := func(is bool) {
		emit(point.Sample{Point: point.Join(r.name, "online"), Value: point.OfBool(is)})
	}
	if err != nil {
		online(false)
		return fmt.Errorf("reader %s: open lines: %w", r.name, err)
	}
	defer pulses.Close()
	online(true)
	var w Wiegand
	for ctx.Err() == nil {
		e, err := pulses.Next(time.Now().Add(pause(&w, pulses.Now())))
		switch {
		case err == nil:
			r.frame(emit)(w.Add(e))
		case errors.Is(err, os.ErrDeadlineExceeded):
			r.frame(emit)(w.End(pulses.Now()))
		default:
			online(false)
			return fmt.Errorf("reader %s: %w", r.name, err)
		}
	}
	return ctx.Err()
}

// pause is how long to wait for the next edge.
func pause(w *Wiegand, now time.Duration) time.Duration {
	if end, waiting := w.Waiting(); waiting {
		return min(max(end-now, time.Millisecond), listen)
	}
	return listen
}

// frame takes what Add and End answer.
func (r *WiegandReader) frame(emit driver.Emit) func(Credential, bool, error) {
	return func(c Credential, done bool, err error) {
		card := strconv.FormatUint(uint64(c.Number), 10)
		switch {
		case err != nil:
			r.log("reader %s: %v", r.name, err)
		case done && c.Number != 0 && r.sieve.pass(card, time.Now()):
			emit(point.Sample{Point: point.Join(r.name, "card"), Value: point.OfText(card)})
		}
	}
}
