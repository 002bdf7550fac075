package forward

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Media types of CloudEvents 1.0 in JSON: one event, and a batch.
const (
	EventMedia = "application/cloudevents+json"
	BatchMedia = "application/cloudevents-batch+json"
)

// typePrefix stands before the record's type: "watchbox.alarm.raised".
const typePrefix = "watchbox."

// envelope is a CloudEvent in its JSON format. sequence, epoch, journaled, clock
// and simulated are extension attributes, so that a receiver can count, ask for what
// is missing and tell a test from an alarm without looking into data.
type envelope struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`     // box/epoch/sequence
	Source      string          `json:"source"` // watchbox/<box>
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        *time.Time      `json:"time,omitempty"` // absent while nobody has told the box the time
	ContentType string          `json:"datacontenttype,omitempty"`
	Sequence    string          `json:"sequence,omitempty"` // decimal
	Epoch       string          `json:"epoch,omitempty"`
	Journaled   bool            `json:"journaled"`
	Clock       string          `json:"clock,omitempty"` // unknown, rtc, synchronised
	Simulated   bool            `json:"simulated,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"` // the record
}

// ErrEvent says that bytes are not a CloudEvent of a box.
var ErrEvent = errors.New("not a watchbox cloud event")

// Encode makes the CloudEvent of one record.
func Encode(r event.Record) ([]byte, error) {
	e, err := wrap(r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e)
}

// EncodeBatch makes the CloudEvents batch of several records, in their order.
func EncodeBatch(records []event.Record) ([]byte, error) {
	all := make([]envelope, len(records))
	for i, r := range records {
		var err error
		if all[i], err = wrap(r); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

func wrap(r event.Record) (envelope, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return envelope{}, fmt.Errorf("encode event %v: %w", r.ID, err)
	}
	e := envelope{SpecVersion: "1.0", ID: r.ID.String(), Source: source(r.ID.Box), Type: typePrefix + string(r.Type), Subject: r.Subject,
		ContentType: "application/json", Sequence: fmt.Sprint(r.ID.Sequence), Epoch: r.ID.Epoch, Journaled: r.Journaled,
		Clock: r.At.Clock.String(), Simulated: r.Simulated, Data: data}
	if r.At.Clock != point.ClockUnknown {
		wall := r.At.Wall.UTC()
		e.Time = &wall
	}
	return e, nil
}

func source(box string) string { return "watchbox/" + box }

// Decode reads one CloudEvent that Encode made, perhaps by another release:
// attributes that it does not know are passed over.
func Decode(b []byte) (event.Record, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return event.Record{}, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	return e.record()
}

// BatchMost is the greatest number of events that DecodeBatch reads.
const BatchMost = 1000

// DecodeBatch reads what EncodeBatch made.
func DecodeBatch(b []byte) ([]event.Record, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, fmt.Errorf("%w: batch is not an array", ErrEvent)
	}
	var records []event.Record
	for d.More() {
		var e envelope
		if err := d.Decode(&e); err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrEvent, len(records), err)
		}
		r, err := e.record()
		if err != nil {
			return nil, err
		}
		if records = append(records, r); len(records) > BatchMost {
			return nil, fmt.Errorf("%w: more than %d events", ErrEvent, BatchMost)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	return records, nil
}

func (e *envelope) record() (r event.Record, err error) {
	kind, ours := strings.CutPrefix(e.Type, typePrefix)
	if e.SpecVersion != "1.0" || !ours {
		return r, fmt.Errorf("%w: specversion %.20q, type %.60q", ErrEvent, e.SpecVersion, e.Type)
	}
	if err = json.Unmarshal(e.Data, &r); err != nil {
		return event.Record{}, fmt.Errorf("%w: data: %w", ErrEvent, err)
	}
	if r.ID.String() != e.ID || string(r.Type) != kind || r.ID.Sequence == 0 {
		return event.Record{}, fmt.Errorf("%w: envelope and data differ: %.80q, %.80q", ErrEvent, e.ID, r.ID.String())
	}
	return r, nil
}

// Heartbeat is a path's proof of life: it has no number and is not in the journal.
type Heartbeat struct {
	Box       string    `json:"box"`
	Epoch     string    `json:"epoch"`
	Last      uint64    `json:"last"` // the newest number: a receiver sees whether it lacks any
	At        time.Time `json:"at"`
	JournalOK bool      `json:"journalOk"`
	Waiting   int       `json:"waiting"` // records that this path has still to take
}

// EncodeHeartbeat makes a CloudEvent of the type watchbox.heartbeat; its id is
// not of the form box/epoch/sequence, so that it can never be taken for a record.
func EncodeHeartbeat(h Heartbeat) ([]byte, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode heartbeat: %w", err)
	}
	return json.Marshal(envelope{SpecVersion: "1.0", ID: fmt.Sprintf("%s/heartbeat/%s/%d", h.Box, h.Epoch, h.At.UnixNano()),
		Source: source(h.Box), Type: typePrefix + "heartbeat", ContentType: "application/json", Epoch: h.Epoch, Data: data})
}
