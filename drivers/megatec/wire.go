package megatec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

const (
	inputLimit = 256 // bytes of one exchange that are looked at; the longest answer has 76
	lineLimit  = 16  // lines of one exchange that are waited over
	silences   = 3   // questions in a row without a byte: the port is opened anew, some USB adapters hang like that
)

// errUnknown is the answer of a unit that does not know the question: it sends
// the question back, or NAK.
var errUnknown = fmt.Errorf("%w: the unit does not know the question", driver.ErrNotPresent)

// wire is the unit's port.
type wire struct {
	dial    func() (driver.Port, error)
	pace    pair.Pace
	timeout time.Duration // from the end of the question to the first byte of the answer
	port    driver.Port   // nil: to be opened
	silent  int
	monitor bus.Monitor
}

// slave is the one unit at the wire's end.
var slave = bus.Slave{Protocol: bus.Megatec}

// tell tells of a line on the wire, in either direction.
func (w *wire) tell(k bus.Kind, text string, wait time.Duration) {
	if w.monitor.Listening() {
		w.monitor.Tell(bus.Frame{At: time.Now(), Kind: k, Slave: slave, Data: []byte(text), Wait: wait})
	}
}

// reach is the longest that the question may take.
func (w *wire) reach(q *query) time.Duration {
	return w.timeout + w.pace.Of(len(q.text)+1+len(q.layout)+1)
}

// ask puts one question and waits for a line that fits. Lines that do not are
// waited over: one may be the late answer to an earlier question.
func (w *wire) ask(ctx context.Context, q *query) (map[string]reading, error) {
	if err := w.open(); err != nil {
		return nil, err
	}
	port := w.port
	defer context.AfterFunc(ctx, func() { port.SetReadDeadline(time.Unix(1, 0)) })() // who gives up is heard at once
	began := time.Now()
	all, err := w.converse(ctx, q)
	w.conclude(q, err, time.Since(began))
	if errors.Is(err, driver.ErrTimeout) {
		w.silent++
	} else {
		w.silent = 0
	}
	if errors.Is(err, driver.ErrDisconnect) || w.silent >= silences {
		w.shut()
	}
	return all, err
}

// conclude notes how a question went. What the unit says before it says nothing more
// is told line by line.
func (w *wire) conclude(q *query, err error, took time.Duration) {
	o := bus.Outcome{Slave: slave, End: bus.Answer, Ideal: took, Busy: took}
	o.Turn = max(0, took-w.pace.Of(len(q.text)+len(q.layout)+2))
	switch {
	case err == nil, errors.Is(err, driver.ErrNotPresent):
	case errors.Is(err, driver.ErrGarbage):
		o.End = bus.Noise
	default:
		o.End = bus.Silence
		w.tell(bus.Silence, "", w.timeout)
	}
	w.monitor.Count(o)
}

func (w *wire) converse(ctx context.Context, q *query) (map[string]reading, error) {
	by := time.Now().Add(w.reach(q))
	if end, limited := ctx.Deadline(); limited && end.Before(by) {
		by = end
	}
	if err := w.send(q, by); err != nil {
		return nil, err
	}
	var input strings.Builder
	var misfit error
	for range lineLimit {
		line, err := w.line(ctx, &input, by)
		if errors.Is(err, driver.ErrTimeout) && misfit != nil {
			return nil, misfit
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.text, err)
		}
		unknown := line == q.text || line == "(NAK" || line == "NAK"
		kind := bus.Answer
		if !unknown && q.fits(line) != nil {
			kind = bus.Noise
		}
		w.tell(kind, line+"\r", 0)
		if unknown {
			return nil, fmt.Errorf("%s answered %q: %w", q.text, line, errUnknown)
		}
		all, err := q.parse(line)
		if err == nil {
			return all, nil
		}
		misfit = err
	}
	return nil, misfit
}

func (w *wire) send(q *query, by time.Time) error {
	err := w.port.Flush()
	if err == nil {
		err = w.port.SetWriteDeadline(by)
	}
	if err == nil {
		_, err = w.port.Write([]byte(q.text + "\r"))
		w.tell(bus.Sent, q.text+"\r", 0)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: send: %v", q.text, driver.ErrDisconnect, err)
	}
	return nil
}

// line takes the next line out of input, which grows until it has one.
func (w *wire) line(ctx context.Context, input *strings.Builder, by time.Time) (string, error) {
	var b [64]byte
	for {
		line, rest, whole := strings.Cut(input.String(), "\r")
		if whole {
			input.Reset()
			input.WriteString(rest)
			return line, nil
		}
		if input.Len() > inputLimit {
			return "", fmt.Errorf("%w: %d bytes without an end of line: %.80q", driver.ErrGarbage, input.Len(), line)
		}
		n, err := w.read(ctx, b[:], by)
		if n == 0 && err == nil && line != "" {
			return "", fmt.Errorf("%w: %d bytes without an end of line: %.80q", driver.ErrGarbage, len(line), line)
		}
		if n == 0 && err == nil {
			return "", fmt.Errorf("%w: silent for %v", driver.ErrTimeout, w.timeout)
		}
		if err != nil {
			return "", err
		}
		input.Write(b[:n])
	}
}

// read waits for bytes until by. Nothing and no error means: the time is over.
func (w *wire) read(ctx context.Context, b []byte, by time.Time) (int, error) {
	for time.Now().Before(by) {
		if err := w.port.SetReadDeadline(by); err != nil {
			return 0, fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
		}
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return 0, fmt.Errorf("%w: given up", driver.ErrTimeout)
		}
		n, err := w.port.Read(b)
		switch {
		case n > 0:
			return n, nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, fmt.Errorf("%w: read: %v", driver.ErrDisconnect, err)
		}
	}
	return 0, nil
}

func (w *wire) open() error {
	if w.port != nil {
		return nil
	}
	port, err := w.dial()
	if err != nil {
		return fmt.Errorf("open: %w", asDisconnect(err))
	}
	w.port, w.silent = port, 0
	return nil
}

// asDisconnect gives an error of the port its class, unless it has one.
func asDisconnect(err error) error {
	if errors.Is(err, driver.ErrDisconnect) || errors.Is(err, driver.ErrUnsupported) {
		return err
	}
	return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
}

func (w *wire) shut() error {
	if w.port == nil {
		return nil
	}
	port := w.port
	w.port, w.silent = nil, 0
	return port.Close()
}
