package modem

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// Bounds of what a modem may say.
const (
	lineLimit   = 1024
	eventsLimit = 64
)

// prompt is the line that stands for "> ".
const prompt = ">"

// wire is the dialogue with the modem, used by the watching goroutine alone. It
// parts answers from what the modem says by itself.
type wire struct {
	stop   context.Context // of Watch: ends every wait within listenTime
	port   driver.Port
	log    driver.Log
	buffer []byte
	events []string // unsolicited: "+CMTI: …", or "+CDS: …" with its PDU after a line break
	head   string   // an unsolicited head whose PDU line is still to come
	silent int      // commands in a row without any answer
	unsure bool     // a late answer may still come: find the modem's step before the next command
	spoke  time.Time
}

// line reads the next line that is not empty, or the prompt, until the deadline.
func (w *wire) line(deadline time.Time) (string, error) {
	for {
		if line, ok := w.cutLine(); ok {
			return line, nil
		}
		if len(w.buffer) > lineLimit {
			w.buffer = w.buffer[:0]
			w.log("threw away %d bytes without a line end", lineLimit)
		}
		if err := w.fill(deadline); err != nil {
			return "", err
		}
	}
}

// fill reads something. A passed deadline is ErrTimeout, everything else ErrDisconnect.
func (w *wire) fill(deadline time.Time) error {
	chunk := make([]byte, 256)
	for {
		now := time.Now()
		if w.stop.Err() != nil {
			return fmt.Errorf("%w: %v", driver.ErrDisconnect, w.stop.Err())
		}
		if !now.Before(deadline) {
			return driver.ErrTimeout
		}
		if d := now.Add(listenTime); d.Before(deadline) {
			now = d
		} else {
			now = deadline
		}
		if err := w.port.SetReadDeadline(now); err != nil {
			return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
		}
		n, err := w.port.Read(chunk)
		w.buffer = append(w.buffer, chunk[:n]...)
		if n > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
		}
	}
}

// cutLine takes the first whole line, or the prompt, off the buffer.
func (w *wire) cutLine() (string, bool) {
	line, rest, ok := cutLine(w.buffer)
	w.buffer = append(w.buffer[:0], rest...)
	return line, ok
}

// cutLine skips empty lines. Bytes that are not printable ASCII become '?'.
func cutLine(b []byte) (line string, rest []byte, ok bool) {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n' || b[0] == ' ') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '>' {
		return prompt, b[1:], true
	}
	for i, c := range b {
		if c == '\r' || c == '\n' {
			return strings.TrimSpace(strings.Map(printable, string(b[:i]))), b[i+1:], true
		}
	}
	return "", b, false
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

func (w *wire) write(text string, deadline time.Time) error {
	if err := w.port.SetWriteDeadline(deadline); err != nil {
		return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
	}
	if _, err := w.port.Write([]byte(text)); errors.Is(err, os.ErrDeadlineExceeded) {
		w.silent++
		w.unsure = true
		return driver.ErrTimeout
	} else if err != nil {
		return fmt.Errorf("%w: %v", driver.ErrDisconnect, err)
	}
	return nil
}

// sooner is the earlier of ctx's deadline and timeout from now.
func sooner(ctx context.Context, timeout time.Duration) time.Time {
	t := time.Now().Add(timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(t) {
		return d
	}
	return t
}
