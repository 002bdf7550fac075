package conformance

import (
	"fmt"

	"watchbox/firmware/event"
)

// The invariants, held after every step of a random story:
//
//  1. the journal's sequences have no gap and no double, and no occurrence is
//     raised twice: none rings twice
//  2. an alarm that the journal raised and that nobody reset, acknowledged or
//     removed, and whose condition did not clear, is still listed: none is lost
//  3. a panic alarm once raised stands until a person resets it, unless two
//     persons took it out of service; its lamp with it
//  4. silence never acknowledges
//  5. the siren is on only while a loud alarm stands: not silenced, not put aside
//
// A restart and its own invariant (what stood stands) is in step.
type invariants struct {
	seen   int
	last   uint64
	raised map[string]bool   // by occurrence
	open   map[string]string // occurrence by key, of guarded latching alarms
}

func newInvariants() *invariants {
	return &invariants{raised: map[string]bool{}, open: map[string]string{}}
}

// check says which invariant is broken, or nothing.
func (v *invariants) check(r *rig) error {
	for _, x := range r.journal[v.seen:] {
		if err := v.take(x); err != nil {
			return err
		}
	}
	v.seen = len(r.journal)
	for key := range v.open {
		a, listed := r.alarm(key)
		if !listed || !a.Standing() {
			return fmt.Errorf("%s ended without a person", key)
		}
	}
	return v.siren(r)
}

func (v *invariants) take(x event.Record) error {
	if x.ID.Sequence != v.last+1 {
		return fmt.Errorf("record %v after sequence %d", x.ID, v.last)
	}
	v.last = x.ID.Sequence
	panic := x.Subject == "zone/panic" || x.Subject == "zone/panic2" || x.Subject == "zone/silent"
	switch x.Type {
	case event.AlarmRaised:
		if v.raised[x.ID.String()] {
			return fmt.Errorf("%v is raised twice", x.ID)
		}
		v.raised[x.ID.String()] = true
		if panic {
			v.open[x.Subject] = x.ID.String()
		}
	case event.AlarmReset, event.AlarmRemoved:
		if x.Actor == "" || x.Type == event.AlarmReset && x.Actor == "box" {
			return fmt.Errorf("%s was reset by %q", x.Subject, x.Actor)
		}
		delete(v.open, x.Subject)
	case event.AlarmAcknowledged:
		if x.Actor == "box" || x.Actor == "" {
			return fmt.Errorf("%s was acknowledged by nobody", x.Subject)
		}
	}
	return nil
}

// siren: whoever hears it finds an alarm that it is about.
func (v *invariants) siren(r *rig) error {
	if !r.levels["hall/siren"] {
		return nil
	}
	for _, a := range r.View().Alarms {
		if a.Standing() && a.Class == "alarm" && !a.Silent && !a.Silenced && !a.Aside() {
			return nil
		}
	}
	return fmt.Errorf("the siren sounds and no loud alarm stands")
}
