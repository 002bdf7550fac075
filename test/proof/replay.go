// Package proof holds the long proofs: the daemon is killed two hundred times
// under load, and a hundred spoiled site files are given to a running box. Run
// them with
//
//	go test -tags proof ./test/proof
package proof

import (
	"fmt"
	"maps"
	"slices"

	"watchbox/firmware/event"
)

// State is one alarm as a reader of the journal knows it.
type State struct {
	Occurrence   event.ID
	Active       bool
	Acknowledged bool
}

// Replay is what stands after a journal, told by nothing but its records and by
// which alarms latch. It is written from the meaning of the records, not from
// the code that makes them.
type Replay struct {
	Latches  func(key string) bool
	Standing map[string]State
	Last     uint64 // sequence of the newest record taken
}

// Take carries one record into the state, in the order of their sequences.
func (p *Replay) Take(r event.Record) error {
	if p.Standing == nil {
		p.Standing = map[string]State{}
	}
	if r.ID.Sequence <= p.Last {
		return fmt.Errorf("record %v comes after %d", r.ID, p.Last)
	}
	p.Last = r.ID.Sequence
	s, stands := p.Standing[r.Subject]
	switch r.Type {
	case event.AlarmRaised:
		p.Standing[r.Subject] = State{Occurrence: r.ID, Active: true}
		return nil
	case event.AlarmReset, event.AlarmRemoved:
		delete(p.Standing, r.Subject)
		return nil
	case event.AlarmCleared:
		s.Active = false
	case event.AlarmAcknowledged:
		s.Acknowledged = true
	default:
		return nil
	}
	if !stands {
		return fmt.Errorf("%v is an %s of %s, which does not stand", r.ID, r.Type, r.Subject)
	}
	if r.Origin != s.Occurrence {
		return fmt.Errorf("%v is about %v, but %v stands", r.ID, r.Origin, s.Occurrence)
	}
	if p.Standing[r.Subject] = s; !s.Active && s.Acknowledged && !p.Latches(r.Subject) {
		delete(p.Standing, r.Subject)
	}
	return nil
}

// Differs says how what stands differs from what the journal tells, or is empty.
func (p *Replay) Differs(standing map[string]State) string {
	for _, key := range slices.Sorted(maps.Keys(p.Standing)) {
		have, ok := standing[key]
		if want := p.Standing[key]; !ok || have != want {
			return fmt.Sprintf("%s: the journal tells %+v, the box has %+v (%v)", key, want, have, ok)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(standing)) {
		if _, ok := p.Standing[key]; !ok {
			return fmt.Sprintf("%s: the box has %+v, the journal tells of none", key, standing[key])
		}
	}
	return ""
}

// Missing lists the sequences from 1 to the last that are neither in the journal
// nor in one of its gap records; gap tells the last number of the gap that a
// sequence is in.
func Missing(journal []event.Record, gap func(sequence uint64) (last uint64, ok bool)) (missing []uint64) {
	next := uint64(1)
	for _, r := range journal {
		for next < r.ID.Sequence {
			last, ok := gap(next)
			if !ok {
				missing = append(missing, next)
				last = next
			}
			next = last + 1
		}
		next = max(next, r.ID.Sequence+1)
	}
	return missing
}
