package conformance

import (
	"fmt"

	"watchbox/firmware/event"
)

// The invariants, held after every step of a random story; 4 and 5 at every
// moment of it:
//
//  1. the journal's sequences have no gap and no double; no occurrence is raised
//     twice, and no alarm while its last occurrence is still active: none rings
//     twice
//  2. an alarm that the journal raised is listed until a person reset it, it was
//     removed, or it cleared without a latch and a person acknowledged it (or its
//     cause was told instead): none is lost
//  3. a panic alarm once raised stands until a person resets it
//  4. its lamp is lit as long, and its sounder sounds until a person silences or
//     resets it or the cut-off, and again every 15 min while nobody acknowledged;
//     two persons may take it out of service (see sounder)
//  5. the siren is on only while a loud alarm stands that is neither silenced nor
//     put aside, and never longer than the cut-off after its last sound
//  6. silence never acknowledges; nobody but a person acknowledges or resets
//
// A restart and its own invariant (what stood stands, acknowledged as before) is
// in live.
type invariants struct {
	seen     int
	last     uint64
	raised   map[string]bool // by occurrence
	open     map[string]*open
	sounders map[string]*sounder // of the audible panic alarms
	broken   error               // at some moment of the present step
}

// open is an occurrence that has not ended.
type open struct {
	cleared, acked, latched, hidden bool
}

// hold watches the invariants of a box: call it once, before the first step.
func hold(r *rig) *invariants {
	v := &invariants{raised: map[string]bool{}, open: map[string]*open{},
		sounders: map[string]*sounder{"zone/panic": {key: "zone/panic"}, "zone/panic2": {key: "zone/panic2"}}}
	r.watch = func() {
		if v.broken == nil {
			v.broken = v.moment(r)
		}
	}
	return v
}

// moment is what must be true whenever the engine has turned.
func (v *invariants) moment(r *rig) error {
	for _, x := range r.journal[v.seen:] {
		v.seen++
		if err := v.take(x); err != nil {
			return err
		}
		for _, s := range v.sounders {
			s.take(r, x)
		}
	}
	for _, s := range v.sounders {
		if err := s.check(r); err != nil {
			return err
		}
	}
	return nil
}

// check says which invariant is broken, or nothing.
func (v *invariants) check(r *rig) error {
	if r.watch(); v.broken != nil {
		return v.broken
	}
	for key, o := range v.open {
		a, listed := r.alarm(key)
		ended := o.cleared && o.acked && !o.latched
		switch {
		case isPanic(key) && (!listed || !a.Standing()):
			return fmt.Errorf("%s ended without a person", key)
		case !listed && !ended:
			return fmt.Errorf("%s is lost: %+v", key, *o)
		case listed:
			o.latched = o.latched || a.Latched
		}
	}
	return v.siren(r)
}

func isPanic(key string) bool {
	return key == "zone/panic" || key == "zone/panic2" || key == "zone/silent"
}

func (v *invariants) take(x event.Record) error {
	if x.ID.Sequence != v.last+1 {
		return fmt.Errorf("record %v after sequence %d", x.ID, v.last)
	}
	v.last = x.ID.Sequence
	o := v.open[x.Subject]
	switch x.Type {
	case event.AlarmRaised:
		if v.raised[x.ID.String()] || o != nil && !o.cleared {
			return fmt.Errorf("%s is raised twice", x.Subject)
		}
		v.raised[x.ID.String()] = true
		v.open[x.Subject] = &open{}
		return nil
	case event.AlarmAcknowledged, event.AlarmReset, event.AlarmSilenced:
		if x.Actor == "box" || x.Actor == "" {
			return fmt.Errorf("%s: %s by nobody", x.Type, x.Subject)
		}
	}
	if o == nil {
		return nil
	}
	switch x.Type {
	case event.AlarmAcknowledged:
		o.acked = true
	case event.AlarmCleared:
		o.cleared, o.acked = true, o.acked || o.hidden
	case event.AlarmSuppressed:
		o.hidden = true
	case event.AlarmUnsuppressed:
		o.hidden = false
	case event.AlarmReset, event.AlarmRemoved:
		delete(v.open, x.Subject)
	}
	return nil
}

// siren: whoever hears it finds an alarm that it is about, and not for long.
func (v *invariants) siren(r *rig) error {
	if !r.levels["hall/siren"] {
		return nil
	}
	loud := false
	for _, a := range r.View().Alarms {
		if !a.Standing() || a.Class != "alarm" || a.Silent || a.Silenced || a.Aside() {
			continue
		}
		loud = true
		if r.now.Mono < max(a.Sounded.Mono+cutOff, r.bootedAt+atLeast)+settling {
			return nil
		}
	}
	if loud {
		return fmt.Errorf("the siren sounds beyond the cut-off")
	}
	return fmt.Errorf("the siren sounds and no loud alarm stands")
}
