package modem

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// session is one life of the wire: from opening the port to its loss.
type session struct {
	m     *Modem
	wire  wire
	again time.Time // the next set-up
}

// serve sets the modem up and works until the wire is lost, the modem is
// restarted, or ctx ends.
func (s *session) serve(ctx context.Context) error {
	if err := s.wire.port.Flush(); err != nil {
		return fmt.Errorf("flush: %w: %v", driver.ErrDisconnect, err)
	}
	err := s.greet(ctx)
	for err == nil && ctx.Err() == nil {
		err = s.turn(ctx)
		if err == nil && s.wire.silent >= 3 {
			err = s.restart(ctx)
		}
	}
	return err
}

// turn does one thing: a caller's turn, what the modem said, what is due, or
// listening for a moment.
func (s *session) turn(ctx context.Context) error {
	if t := s.m.next(); t != nil {
		err := t.run(t.ctx, s)
		t.done <- err
		return onlyLost(err)
	}
	switch now := time.Now(); {
	case len(s.wire.events) > 0:
		event := s.wire.events[0]
		s.wire.events = s.wire.events[1:]
		return onlyLost(s.heard(ctx, event))
	case !now.Before(s.again):
		return onlyLost(s.setUp(ctx))
	case now.Sub(s.wire.spoke) >= lifePeriod:
		_, err := s.wire.command(ctx, "AT", "", answerTimeout)
		return onlyLost(err)
	}
	return s.wire.idle(sooner(ctx, listenTime))
}

// onlyLost keeps the errors that end the session.
func onlyLost(err error) error {
	if lost(err) {
		return err
	}
	return nil
}

// greet finds the modem: its speed may settle with the first characters.
func (s *session) greet(ctx context.Context) error {
	for range 3 {
		_, err := s.wire.command(ctx, "AT", "", answerTimeout)
		if err == nil || lost(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return s.restart(ctx)
}

// restart asks a modem that does not answer to begin anew. The session ends
// with it; the next one greets it.
func (s *session) restart(ctx context.Context) error {
	if wait := resetPause - time.Since(s.m.lastReset); !s.m.lastReset.IsZero() && wait > 0 {
		return fmt.Errorf("no answer three times, restarted %v ago: %w", (resetPause - wait).Round(time.Second), driver.ErrTimeout)
	}
	s.m.lastReset = time.Now()
	if err := s.wire.write("\x1b\rAT+CFUN=1,1\r", sooner(ctx, answerTimeout)); err != nil {
		return err
	}
	return fmt.Errorf("no answer three times, restart sent: %w", driver.ErrTimeout)
}

// setUp brings the modem into the state that the driver needs; it is repeated
// hourly, because modems forget CNMI, and soon when the SIM was not ready.
func (s *session) setUp(ctx context.Context) error {
	s.again = time.Now().Add(retryPeriod)
	for _, text := range []string{"ATE0", "AT+CMEE=1", "AT+CREG=0"} {
		if err := s.optional(ctx, text); err != nil {
			return err
		}
	}
	if err := s.unlock(ctx); err != nil {
		s.m.log("modem %s: %v", s.m.name, err)
		return err
	}
	if _, err := s.wire.command(ctx, "AT+CMGF=0", "", answerTimeout); err != nil {
		return err
	}
	storage := []string{"AT+CSMS=0", "AT+COPS=3,0"}
	if s.m.storage != "" {
		storage = append(storage, fmt.Sprintf("AT+CPMS=%q,%q,%q", s.m.storage, s.m.storage, s.m.storage))
	}
	for _, text := range storage {
		if err := s.optional(ctx, text); err != nil {
			return err
		}
	}
	if err := s.indications(ctx); err != nil {
		return err
	}
	if err := s.empty(ctx); err != nil {
		return err
	}
	s.again = time.Now().Add(setupPeriod)
	return nil
}

// optional sends a command that a modem may refuse.
func (s *session) optional(ctx context.Context, text string) error {
	_, err := s.wire.command(ctx, text, "", simTimeout)
	if err != nil && readRefusal(err) {
		s.m.log("modem %s: %v", s.m.name, err)
		return nil
	}
	return err
}

// indications asks for messages to be stored and announced, reports to be sent
// at once; a modem that will not send reports stores and announces them.
func (s *session) indications(ctx context.Context) error {
	_, err := s.wire.command(ctx, "AT+CNMI=2,1,0,1,0", "", simTimeout)
	if err != nil && readRefusal(err) {
		_, err = s.wire.command(ctx, "AT+CNMI=2,1,0,2,0", "", simTimeout)
	}
	return err
}

// unlock gives the PIN, once in the life of the process.
func (s *session) unlock(ctx context.Context) error {
	lines, err := s.wire.command(ctx, "AT+CPIN?", "+CPIN:", simTimeout)
	if err != nil {
		return err
	}
	state := ""
	if len(lines) > 0 {
		state = strings.TrimSpace(strings.TrimPrefix(lines[0], "+CPIN:"))
	}
	switch {
	case state == "READY":
		return nil
	case state == "SIM PIN" && s.m.pin != "" && !s.m.pinTried:
		s.m.pinTried = true
		_, err := s.wire.command(ctx, `AT+CPIN="`+s.m.pin+`"`, "", simTimeout)
		return err
	}
	return fmt.Errorf("SIM is not ready: %s: %w", state, driver.ErrRefused)
}
