//go:build scenario

package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

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
			err = compare(journal, told)
		}
		if err != nil {
			return fmt.Errorf("mqtt: %w", err)
		}
	}
	if s.Receiver != nil {
		told, err := s.Receiver.Told()
		if err == nil {
			err = compare(journal, told)
		}
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
	}
	return nil
}

// compare wants each record of the journal told, and what was told to be as it
// stands there, however often it came.
func compare(journal []event.Record, told []harness.Told) error {
	byID := map[event.ID]event.Record{}
	for _, t := range told {
		if t.Fault != "" {
			return fmt.Errorf("%s: %s", t.Fault, t.Raw)
		}
		if again, twice := byID[t.ID]; twice && !same(again, t.Record) {
			return fmt.Errorf("%v was told twice with different content", t.ID)
		}
		byID[t.ID] = t.Record
	}
	var missing []string
	for _, r := range journal {
		t, ok := byID[r.ID]
		switch {
		case !ok && r.Type == event.JournalBegan: // written before anybody can be told
		case !ok:
			missing = append(missing, fmt.Sprintf("%d %s", r.ID.Sequence, r.Type))
		case ok && !same(t, r):
			return fmt.Errorf("%v was told as %+v and stands in the journal as %+v", r.ID, t, r)
		}
		delete(byID, r.ID)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of %d were not told: %v", len(missing), len(journal), missing[:min(8, len(missing))])
	}
	if len(byID) > 0 {
		return fmt.Errorf("%d were told that the journal has not", len(byID))
	}
	return nil
}

// same compares what a record says; times to the microsecond, as JSON may cut them.
func same(a, b event.Record) bool {
	a.At.Wall, b.At.Wall = a.At.Wall.UTC().Truncate(time.Microsecond), b.At.Wall.UTC().Truncate(time.Microsecond)
	a.Detail, b.Detail = plain(a.Detail), plain(b.Detail)
	return reflect.DeepEqual(a, b)
}

// plain is JSON without what no two encoders agree on: blanks, escapes, the
// order of keys.
func plain(j json.RawMessage) json.RawMessage {
	var v any
	if json.Unmarshal(j, &v) != nil {
		return j
	}
	b, err := json.Marshal(v)
	if err != nil {
		return j
	}
	return b
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
