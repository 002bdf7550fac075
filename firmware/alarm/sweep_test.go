package alarm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// crowd is a rig with n alarms that stand, and one more that is normal.
func crowd(t *testing.T, n int) (r *rig, defs []Definition) {
	t.Helper()
	for i := range n {
		defs = append(defs, Definition{Key: fmt.Sprintf("k%02d", i), Priority: 2, Latch: true})
	}
	defs = append(defs, Definition{Key: "late", Priority: 2})
	r = newRig(t, defs...)
	r.FloodLimits(1000, 500, time.Minute)
	for _, d := range defs[:n] {
		_ = r.Signal(at(0), Signal{Key: d.Key, Active: true})
	}
	r.types()
	return r, defs
}

// unacknowledged are the keys of those nobody has taken.
func (r *rig) unacknowledged() string {
	var keys []string
	for _, a := range r.Alarms() {
		if !a.Acknowledged {
			keys = append(keys, a.Key)
		}
	}
	return strings.Join(keys, " ")
}

// TestAnOrderForAllSurvivesAPowerCut after any of its pieces, and two cuts: it is
// for exactly those alarms that stood when it was given.
func TestAnOrderForAllSurvivesAPowerCut(t *testing.T) {
	const alarms, piece = 20, 3
	for pieces := range alarms/piece + 2 {
		r, defs := crowd(t, alarms)
		if err := r.Acknowledge(at(time.Second), Every, event.ID{}, "li", "all of it"); err != nil {
			t.Fatal(err)
		}
		store := map[string][]byte{}
		keepIn(store, r.Retained())
		for range pieces {
			r.TickSome(at(time.Second), piece)
			r.types()
			keepIn(store, r.Retained())
		}
		_ = r.Signal(at(2*time.Second), Signal{Key: "late", Active: true})
		r.types()
		keepIn(store, r.Retained())
		s := newRig(t, defs...)
		s.Restore(reboot(time.Minute), store)
		s.TickSome(reboot(time.Minute), piece)
		s.types()
		keepIn(store, s.Retained())
		s = newRig(t, defs...)
		s.Restore(reboot(2*time.Minute), store)
		s.Tick(reboot(2 * time.Minute))
		if got := s.unacknowledged(); got != "late" || s.Sweeping() {
			t.Errorf("cut after %d pieces: nobody has acknowledged %q", pieces, got)
		}
		if a, _ := s.Alarm("k07"); a.AckedBy != "li" || a.AckComment != "all of it" {
			t.Errorf("cut after %d pieces: %+v", pieces, a)
		}
		s.types()
		if keepIn(store, s.Retained()); store[sweepKey] != nil {
			t.Errorf("what is done is kept: %s", store[sweepKey])
		}
	}
}

// TestAnOrderForAllIsNotForWhatComesMeanwhile: neither a new alarm nor one that
// went and came again was seen by the person.
func TestAnOrderForAllIsNotForWhatComesMeanwhile(t *testing.T) {
	r, _ := crowd(t, 8)
	_ = r.Acknowledge(at(time.Second), "k00", event.ID{}, "wang", "")
	_ = r.Signal(at(time.Second), Signal{Key: "k00"})
	_ = r.Acknowledge(at(2*time.Second), Every, event.ID{}, "li", "")
	r.TickSome(at(2*time.Second), 2)
	_ = r.Reset(at(2*time.Second), "k00", event.ID{}, "wang")
	_ = r.Signal(at(2*time.Second), Signal{Key: "k00", Active: true})
	_ = r.Signal(at(2*time.Second), Signal{Key: "late", Active: true})
	r.types()
	r.Tick(at(3 * time.Second))
	if got := r.unacknowledged(); got != "late k00" {
		t.Errorf("nobody has acknowledged %q", got)
	}
}

func TestAnOrderForAllGoesOnAfterAReload(t *testing.T) {
	r, defs := crowd(t, 8)
	_ = r.Acknowledge(at(time.Second), Every, event.ID{}, "li", "")
	r.TickSome(at(time.Second), 2)
	for i := range defs {
		defs[i].Was, defs[i].Key = defs[i].Key, "new"+defs[i].Key
	}
	if errs := r.Reload(at(time.Second), nil, nil, defs); errs != nil {
		t.Fatal(errs)
	}
	r.Tick(at(2 * time.Second))
	if got := r.unacknowledged(); got != "" {
		t.Errorf("nobody has acknowledged %q", got)
	}
}

func TestOrdersForAllAreBounded(t *testing.T) {
	r, _ := crowd(t, 40)
	for range mostSweeps {
		if err := r.Silence(at(time.Second), Every, event.ID{}, "li"); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Silence(at(time.Second), Every, event.ID{}, "li"); !errors.Is(err, ErrRefused) {
		t.Errorf("one too many: %v", err)
	}
	for r.TickSome(at(time.Second), 8) {
		if n := r.Pending(); n > 8 {
			t.Fatalf("a piece made %d changes", n)
		}
		r.types()
	}
	if r.Sweeping() {
		t.Error("it never ends")
	}
}
