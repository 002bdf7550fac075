package modem

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/dialout"
	"watchbox/firmware/driver"
)

// heard works off one thing that the modem said by itself.
func (s *session) heard(ctx context.Context, event string) error {
	head, pdu, _ := strings.Cut(event, "\n")
	switch {
	case strings.HasPrefix(head, "+CMT:"), strings.HasPrefix(head, "+CDS:"):
		s.m.arrived(pdu)
	case strings.HasPrefix(head, "+CMTI:"), strings.HasPrefix(head, "+CDSI:"):
		_, rest, _ := strings.Cut(head, ",")
		index, err := strconv.ParseUint(strings.TrimSpace(rest), 10, 16)
		if err != nil {
			return fmt.Errorf("%s: %w", head, driver.ErrGarbage)
		}
		return s.fetch(ctx, int(index))
	}
	return nil
}

// fetch reads one stored message and deletes it, readable or not: a full store
// hears nothing.
func (s *session) fetch(ctx context.Context, index int) error {
	lines, err := s.wire.command(ctx, fmt.Sprintf("AT+CMGR=%d", index), "+CMGR:", simTimeout)
	if err != nil && !readRefusal(err) {
		return err
	}
	for _, line := range lines {
		_, pdu, _ := strings.Cut(line, "\n")
		s.m.arrived(pdu)
	}
	return s.remove(ctx, index)
}

// empty reads and deletes everything that is stored: what came while nobody
// listened, and reports.
func (s *session) empty(ctx context.Context) error {
	lines, err := s.wire.command(ctx, "AT+CMGL=4", "+CMGL:", simTimeout)
	if err != nil {
		return err
	}
	for _, line := range lines {
		head, pdu, _ := strings.Cut(line, "\n")
		field, rest, _ := strings.Cut(strings.TrimPrefix(head, "+CMGL:"), ",")
		index, err := strconv.ParseUint(strings.TrimSpace(field), 10, 16)
		if err != nil {
			continue
		}
		if status := strings.TrimSpace(rest); strings.HasPrefix(status, "0") || strings.HasPrefix(status, "1") {
			s.m.arrived(pdu)
		}
		if err := s.remove(ctx, int(index)); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) remove(ctx context.Context, index int) error {
	return s.optional(ctx, fmt.Sprintf("AT+CMGD=%d", index))
}

func readRefusal(err error) bool {
	var f *failure
	return errors.As(err, &f)
}

// arrived tells the inbox what a PDU says.
func (m *Modem) arrived(pdu string) {
	in, rec, err := decode(pdu)
	switch {
	case err != nil:
		m.log("modem %s: %v", m.name, err)
	case rec != nil:
		m.reported(*rec)
	default:
		if text, whole := m.joins.add(*in, time.Now()); whole {
			m.inbox.Reply(dialout.Reply{Channel: m.channel, From: in.from, Text: text})
		}
	}
}
