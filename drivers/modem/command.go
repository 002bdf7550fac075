package modem

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// command sends one line and reads to its OK. It returns the lines that begin
// with prefix, each PDU behind its head. A refusal is a *failure.
func (w *wire) command(ctx context.Context, text, prefix string, timeout time.Duration) ([]string, error) {
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	deadline := sooner(ctx, timeout)
	if err := w.write(text+"\r", deadline); err != nil {
		return nil, err
	}
	lines, err := w.answer(prefix, deadline)
	return lines, w.judge(text, timeout, err)
}

// judge counts silence and puts the command before the error.
func (w *wire) judge(text string, timeout time.Duration, err error) error {
	w.spoke = time.Now()
	if !errors.Is(err, driver.ErrTimeout) {
		w.silent = 0
	} else {
		w.silent++
		w.unsure = true
	}
	if err == nil {
		return nil
	}
	if text, _, _ = strings.Cut(text, "="); errors.Is(err, driver.ErrTimeout) {
		return fmt.Errorf("%s: %w (%v)", text, err, timeout)
	}
	return fmt.Errorf("%s: %w", text, err)
}

func (w *wire) answer(prefix string, deadline time.Time) (lines []string, err error) {
	for {
		line, err := w.line(deadline)
		if err != nil {
			return nil, err
		}
		if f, failed := readFailure(line); failed {
			return nil, f
		}
		switch {
		case line == "OK":
			return lines, nil
		case prefix != "" && strings.HasPrefix(line, prefix):
			lines = append(lines, line)
		case w.unsolicited(line):
		case len(lines) > 0 && isHex(line):
			lines[len(lines)-1] += "\n" + line
		}
		if len(lines) > 300 {
			return nil, driver.ErrGarbage
		}
	}
}

func isHex(line string) bool { _, err := hex.DecodeString(line); return err == nil && len(line) > 4 }

// submit sends one TPDU and returns the reference that the network gave it.
func (w *wire) submit(ctx context.Context, tpdu []byte) (string, error) {
	if err := w.settle(ctx); err != nil {
		return "", err
	}
	text, wait := fmt.Sprintf("AT+CMGS=%d", len(tpdu)), sooner(ctx, promptTimeout)
	if err := w.write(text+"\r", wait); err != nil {
		return "", err
	}
	if err := w.prompted(wait); err != nil {
		return "", w.judge(text, promptTimeout, err)
	}
	deadline := sooner(ctx, networkTimeout)
	if err := w.write(strings.ToUpper("00"+hex.EncodeToString(tpdu))+"\x1a", deadline); err != nil {
		return "", err
	}
	lines, err := w.answer("+CMGS:", deadline)
	if err == nil && len(lines) == 0 {
		err = fmt.Errorf("no reference: %w", driver.ErrGarbage)
	}
	if err = w.judge(text, networkTimeout, err); err != nil {
		return "", err
	}
	reference, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(lines[0], "+CMGS:")), ",")
	return reference, nil
}

// prompted waits for "> ".
func (w *wire) prompted(deadline time.Time) error {
	for {
		line, err := w.line(deadline)
		if err != nil {
			return err
		}
		if f, failed := readFailure(line); failed {
			return f
		}
		if line == prompt {
			return nil
		}
		w.unsolicited(line)
	}
}

// unsolicited takes what the modem says by itself and tells whether it was that.
func (w *wire) unsolicited(line string) bool {
	head := w.head
	w.head = ""
	switch {
	case head != "" && isHex(line):
		w.note(head + "\n" + line)
		return true
	case strings.HasPrefix(line, "+CMT:"), strings.HasPrefix(line, "+CDS:"):
		w.head = line
		return true
	case strings.HasPrefix(line, "+CMTI:"), strings.HasPrefix(line, "+CDSI:"):
		w.note(line)
		return true
	}
	return false
}

func (w *wire) note(event string) {
	if len(w.events) < eventsLimit {
		w.events = append(w.events, event)
	}
}

// settle finds out where the modem is after an answer that did not come: it
// leaves a prompt that may be open and reads until the line is quiet, so that a
// late OK is not taken for the next command's.
func (w *wire) settle(ctx context.Context) error {
	if !w.unsure {
		return nil
	}
	if err := w.write("\x1b\r", sooner(ctx, answerTimeout)); err != nil {
		return err
	}
	if err := w.idle(sooner(ctx, quietTime)); err != nil {
		return err
	}
	w.unsure = false
	return nil
}

// idle listens until the deadline.
func (w *wire) idle(deadline time.Time) error {
	for {
		line, err := w.line(deadline)
		if errors.Is(err, driver.ErrTimeout) {
			return nil
		}
		if err != nil {
			return err
		}
		w.unsolicited(line)
	}
}
