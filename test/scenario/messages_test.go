//go:build scenario

package scenario

import (
	"fmt"
	"strconv"
	"strings"

	"watchbox/firmware/event"
	"watchbox/test/harness"
)

// found looks for a message since the mark.
func (s *story) found(list []harness.Message, to, text string) error {
	var seen []string
	for _, m := range list {
		if m.At.Before(s.marked.at) {
			continue
		}
		if strings.Contains(m.To, to) && m.Complete && strings.Contains(m.Text, text) {
			return nil
		}
		seen = append(seen, m.To+" "+m.Text)
	}
	return fmt.Errorf("there is none; there are %q", seen)
}

func sms(s *story, a []string) error {
	f, err := s.Look()
	if err != nil {
		return err
	}
	return s.found(f.SMS, a[0], a[1])
}

func noSMS(s *story, a []string) error {
	f, err := s.Look()
	if err == nil && s.found(f.SMS, a[0], a[1]) == nil {
		err = fmt.Errorf("there is one: %v", f.SMS)
	}
	return err
}

func mail(s *story, a []string) error {
	f, err := s.Look()
	if err != nil {
		return err
	}
	return s.found(f.Mail, a[0], a[1])
}

// tellings are the events since the mark that a receiver trusts.
func tellings(all []harness.Told, err error, from int, kind, subject string) ([]event.Record, error) {
	var found []event.Record
	for _, t := range all[min(from, len(all)):] {
		if t.Fault != "" {
			return nil, fmt.Errorf("the receiver does not trust %s: %s", t.Raw, t.Fault)
		}
		if string(t.Type) == kind && (subject == "*" || t.Subject == subject) {
			found = append(found, t.Record)
		}
	}
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("it was not told; %d other events were", len(all)-min(from, len(all)))
	}
	return found, err
}

func (s *story) byMQTT(kind, subject string) ([]event.Record, error) {
	if s.Broker == nil {
		return nil, fmt.Errorf("no broker: say `with mqtt`")
	}
	all, err := s.Broker.Told()
	return tellings(all, err, s.marked.mqtt, kind, subject)
}

func (s *story) byWebhook(kind, subject string) ([]event.Record, error) {
	if s.Receiver == nil {
		return nil, fmt.Errorf("no receiver: say `with webhook`")
	}
	all, err := s.Receiver.Told()
	return tellings(all, err, s.marked.webhook, kind, subject)
}

func mqtt(s *story, a []string) error    { _, err := s.byMQTT(a[0], a[1]); return err }
func webhook(s *story, a []string) error { _, err := s.byWebhook(a[0], a[1]); return err }

func sameID(s *story, a []string) error {
	journal, err := s.records(a[0], a[1])
	if err != nil {
		return err
	}
	byMQTT, err := s.byMQTT(a[0], a[1])
	if err != nil {
		return err
	}
	byWebhook, err := s.byWebhook(a[0], a[1])
	if err != nil {
		return err
	}
	if len(journal) == 0 {
		return fmt.Errorf("it is not in the journal")
	}
	j, m, w := journal[0], byMQTT[0], byWebhook[0]
	if j.ID != m.ID || j.ID != w.ID || !m.Journaled || !w.Journaled {
		return fmt.Errorf("journal %v, mqtt %v, webhook %v", j.ID, m.ID, w.ID)
	}
	return nil
}

// complete compares everything that was told with the whole journal.
func complete(s *story, _ []string) error {
	journal, err := s.Journal(0)
	if err != nil {
		return err
	}
	if s.Broker != nil {
		told, err := s.Broker.Told()
		if err == nil {
			err = harness.Compare(journal, told)
		}
		if err != nil {
			return fmt.Errorf("mqtt: %w", err)
		}
	}
	if s.Receiver != nil {
		told, err := s.Receiver.Told()
		if err == nil {
			err = harness.Compare(journal, told)
		}
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
	}
	return nil
}

// lively counts good reads of a device since the story first asked.
func lively(s *story, a []string) error {
	want, err := strconv.ParseUint(a[1], 10, 32)
	if err != nil {
		return err
	}
	list, err := s.Devices()
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.ID == a[0] {
			return s.compareReads(d.ID, d.Polls-d.Failures, want)
		}
	}
	return fmt.Errorf("no such device")
}

func (s *story) compareReads(id string, now, want uint64) error {
	if s.reads == nil {
		s.reads = map[string]uint64{}
	}
	before, seen := s.reads[id]
	if !seen {
		s.reads[id] = now
		before = now
	}
	if now < before+want {
		return fmt.Errorf("it was read well %d times since", now-before)
	}
	return nil
}
