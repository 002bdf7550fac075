package modem

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// Bounds of messages that come in parts: an unfinished one is told as far as it came
// never; it is forgotten.
const (
	joinsLimit = 16
	joinParts  = 8
	joinTime   = 10 * time.Minute
)

type joinKey struct {
	from          string
	reference, of int
}

type joining struct {
	began time.Time
	parts []string
	have  int
}

// joins collects the parts of joined messages; used by the watching goroutine.
type joins map[joinKey]*joining

// add takes one part and returns the whole text when it was the last one.
func (j joins) add(in incoming, now time.Time) (text string, whole bool) {
	if in.of == 1 {
		return in.text, true
	}
	if in.of > joinParts {
		return "", false
	}
	key := joinKey{in.from, in.reference, in.of}
	c := j[key]
	if c == nil || now.Sub(c.began) > joinTime {
		j.makeRoom(now)
		c = &joining{began: now, parts: make([]string, in.of)}
		j[key] = c
	}
	if c.parts[in.part-1] == "" {
		c.have++
	}
	c.parts[in.part-1] = in.text + "\x00" // an empty part counts too
	if c.have < in.of {
		return "", false
	}
	delete(j, key)
	return strings.ReplaceAll(strings.Join(c.parts, ""), "\x00", ""), true
}

// makeRoom forgets what is too old, and the oldest when all places are taken.
func (j joins) makeRoom(now time.Time) {
	var oldest joinKey
	var began time.Time
	for k, c := range j {
		if now.Sub(c.began) > joinTime {
			delete(j, k)
		} else if began.IsZero() || c.began.Before(began) {
			oldest, began = k, c.began
		}
	}
	if len(j) >= joinsLimit {
		delete(j, oldest)
	}
}

// outgoing is one message that was or is being sent; guarded by Modem.mutex.
type outgoing struct {
	to         string
	parts      int
	references []string
	arrived    int
	name       string // the receipt's reference, once every part was submitted
	failed     string
	told       bool
	dead       bool
}

// receiptsLimit bounds the parts whose report may still come; the oldest gives way.
const receiptsLimit = 1024

// awaited is one part: TP-MR is 8 bits wide and repeats, so the number belongs to it.
type awaited struct {
	reference string
	out       *outgoing
}

type receipts []awaited

// submitted notes the reference that one part was given.
func (m *Modem) submitted(out *outgoing, reference string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	out.references = append(out.references, reference)
	m.receipts = append(m.receipts, awaited{reference, out})
	m.receipts = m.receipts[max(0, len(m.receipts)-receiptsLimit):]
}

// abandon forgets a message whose sending failed half-way: it will be sent anew.
func (m *Modem) abandon(out *outgoing) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	out.dead = true
	m.receipts = slices.DeleteFunc(m.receipts, func(a awaited) bool { return a.out == out })
}

// sealed names a message of which every part was submitted.
func (m *Modem) sealed(out *outgoing) string {
	m.mutex.Lock()
	out.name = strings.Join(out.references, "+") + "@" + out.to
	report, due := out.report(m.channel)
	m.mutex.Unlock()
	if due {
		m.inbox.Report(report)
	}
	return out.name
}

// report is due once: when every part arrived, or one will not.
func (o *outgoing) report(channel string) (r dialout.Report, due bool) {
	if o.name == "" || o.told || o.dead || o.failed == "" && o.arrived < o.parts {
		return r, false
	}
	o.told = true
	return dialout.Report{Channel: channel, Reference: o.name, Delivered: o.failed == "", Why: o.failed}, true
}

// reported matches a status report to the newest part with its reference and number.
func (m *Modem) reported(rec receipt) {
	if !rec.final() {
		return
	}
	m.mutex.Lock()
	report, due := m.match(rec)
	m.mutex.Unlock()
	if due {
		m.inbox.Report(report)
	}
}

func (m *Modem) match(rec receipt) (r dialout.Report, due bool) {
	reference := strconv.Itoa(int(rec.reference))
	for i := len(m.receipts) - 1; i >= 0; i-- {
		a := m.receipts[i]
		if a.reference != reference || !dialout.SameNumber(a.out.to, rec.to) {
			continue
		}
		m.receipts = slices.Delete(m.receipts, i, i+1)
		if rec.delivered() {
			a.out.arrived++
		} else if a.out.failed == "" {
			a.out.failed = rec.why()
		}
		return a.out.report(m.channel)
	}
	return r, false
}
