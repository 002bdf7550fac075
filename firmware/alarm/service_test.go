package alarm

import (
	"errors"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestOutOfServiceIsBoundedAndHasAReason(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2}, Definition{Key: "panic", Priority: 1, Guarded: true, Latch: true})
	hours := func(n int) time.Time { return at(time.Duration(n) * time.Hour).Wall }
	for i, err := range []error{
		r.OutOfService(at(0), "k", hours(1), "li", "", ""),
		r.OutOfService(at(0), "k", hours(-1), "li", "", "works"),
		r.OutOfService(at(0), "k", hours(90*24+1), "li", "", "works"),
		r.OutOfService(at(0), "panic", hours(1), "li", "", "stuck"),
		r.OutOfService(at(0), "panic", hours(1), "li", "li", "stuck"),
		r.OutOfService(at(0), "panic", hours(1), "", "li", "stuck"),
		r.OutOfService(at(0), "panic", hours(9), "li", "wang", "stuck"),
		r.InService(at(0), "k", "li"),
	} {
		var refusal *Refusal
		if !errors.Is(err, ErrRefused) || !errors.As(err, &refusal) || refusal.Why.Zh == "" || refusal.Why.En == "" {
			t.Errorf("order %d: got %v, want a refusal in both languages", i, err)
		}
	}
	if err := r.OutOfService(at(0), "none", hours(1), "li", "", "x"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown key: %v", err)
	}
	if err := r.OutOfService(at(0), "panic", hours(8), "li", "wang", "stuck"); err != nil {
		t.Error(err)
	}
	if a, _ := r.Alarm("panic"); a.RemovedBy != "li, wang" || a.RemovedWhy != "stuck" || !a.Aside() || a.OutOfService {
		t.Errorf("panic: %+v", a)
	}
	r.wantTold("out-of-service:panic")
}

func TestWhatStandsWhenItComesBackIsLoudAgain(t *testing.T) {
	r := newRig(t, Definition{Key: "panic", Priority: 1, Guarded: true, Latch: true, Resound: 15 * time.Minute}, Definition{Key: "k", Priority: 2})
	r.tell(0, "panic", true)
	_ = r.Acknowledge(at(time.Second), "panic", event.ID{}, "li", "")
	_ = r.Silence(at(time.Second), "panic", event.ID{}, "li")
	_ = r.OutOfService(at(2*time.Second), "panic", at(8*time.Hour).Wall, "li", "wang", "stuck")
	_ = r.OutOfService(at(2*time.Second), "k", at(8*time.Hour).Wall, "li", "", "works")
	r.told()
	r.tell(time.Minute, "k", true)
	r.wantTold("")
	if len(r.Alarms()) != 2 {
		t.Error("what is out of service is not listed")
	}
	r.run(8*time.Hour - time.Second)
	r.wantTold("")
	r.run(8 * time.Hour)
	r.wantTold("in-service:panic in-service:k raised:k")
	if a, _ := r.Alarm("panic"); a.Silenced || a.Sounded != at(8*time.Hour) || !a.Active || a.RemovedBy != "" {
		t.Errorf("panic: %+v", a)
	}
	_ = r.OutOfService(at(9*time.Hour), "k", at(10*time.Hour).Wall, "li", "", "works")
	if err := r.InService(at(9*time.Hour), "k", "wang"); err != nil {
		t.Error(err)
	}
	r.run(30 * time.Hour)
	if got := r.told(); got != "out-of-service:k in-service:k standing:panic" {
		t.Errorf("told %q", got)
	}
}

func TestARemovalSurvivesARestartByTheWallClock(t *testing.T) {
	defs := []Definition{{Key: "k", Priority: 2}, {Key: "panic", Priority: 1, Guarded: true}}
	r := newRig(t, defs...)
	_ = r.OutOfService(at(0), "k", at(24*time.Hour).Wall, "li", "", "works")
	_ = r.OutOfService(at(0), "panic", at(2*time.Hour).Wall, "li", "wang", "stuck")
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(t, defs...)
	s.Restore(reboot(time.Hour), store)
	same(t, r.Alarms(), s.Alarms())
	s.Tick(reboot(time.Hour).Add(59 * time.Minute))
	s.want("")
	s.Tick(reboot(time.Hour).Add(time.Hour))
	s.wantTold("in-service:panic")
	lost := point.Instant{Boot: "b3", Wall: time.Unix(0, 0)}
	u := newRig(t, defs...)
	u.Restore(lost, store)
	u.Tick(lost.Add(2*time.Hour - time.Second))
	u.want("")
	u.Tick(lost.Add(2 * time.Hour))
	u.wantTold("in-service:panic")
}

func TestAShelfUnderARemovalHoldsOn(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	_ = r.OutOfService(at(0), "k", at(time.Hour).Wall, "li", "", "works")
	_ = r.Shelve(at(0), "k", at(2*time.Hour).Wall, "li", "works")
	r.told()
	r.tell(time.Second, "k", true)
	r.run(time.Hour)
	r.wantTold("in-service:k")
	r.run(2 * time.Hour)
	r.wantTold("unshelved:k raised:k")
}

func TestADayOldAlarmIsToldOnce(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	r.set(0, true)
	_ = r.Acknowledge(at(time.Second), "k", event.ID{}, "li", "")
	r.types()
	r.run(24*time.Hour - time.Second)
	r.want("")
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	r.run(72 * time.Hour)
	r.want("standing")
	if a := r.alarm(); !a.Old || !a.Standing() {
		t.Errorf("%+v", a)
	}
	s := newRig(t, Definition{Key: "k", Priority: 2})
	s.Restore(reboot(23*time.Hour), store)
	s.Tick(reboot(23 * time.Hour).Add(time.Hour))
	s.want("standing")
	r.set(73*time.Hour, false)
	r.set(74*time.Hour, true)
	if a := r.alarm(); a.Old || !a.Active {
		t.Errorf("a new occurrence is not old: %+v", a)
	}
}

func TestFirstOut(t *testing.T) {
	defs := []Definition{{Key: "a", Group: "g", Priority: 2}, {Key: "b", Group: "g", Priority: 2}, {Key: "c", Group: "g", Priority: 2},
		{Key: "x", Point: "ups1/load", Priority: 2}, {Key: "y", Point: "ups1/mains", Priority: 2},
		{Key: "z", Point: "ups1/fan", Group: "none", Priority: 2}, {Key: "lone", Priority: 2}}
	r := newRig(t, defs...)
	for i, key := range []string{"b", "a", "y", "x", "z", "lone"} {
		r.tell(time.Duration(i)*time.Second, key, true)
	}
	want := func(r *rig, key string, first bool, after string) {
		t.Helper()
		if a, _ := r.Alarm(key); a.FirstOut != first || a.After != after {
			t.Errorf("%s: first-out %v after %q, want %v after %q", key, a.FirstOut, a.After, first, after)
		}
	}
	want(r, "b", true, "")
	want(r, "a", false, "b")
	want(r, "y", true, "")
	want(r, "x", false, "y")
	want(r, "z", false, "")
	want(r, "lone", false, "")
	r.told()
	_ = r.Acknowledge(at(time.Minute), "b", event.ID{}, "li", "")
	r.tell(time.Minute, "b", false)
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(t, defs...)
	s.Restore(reboot(time.Minute), store)
	for _, r := range []*rig{r, s} {
		now := at(2 * time.Minute)
		if r == s {
			now = reboot(2 * time.Minute)
		}
		_ = r.Signal(now, Signal{Key: "c", Active: true})
		want(r, "c", false, "b")
		_ = r.Signal(now.Add(time.Second), Signal{Key: "b", Active: true})
		want(r, "b", true, "")
		_ = r.Acknowledge(now.Add(time.Second), Every, event.ID{}, "li", "")
		r.Tick(now.Add(time.Second))
		for _, key := range []string{"a", "b", "c"} {
			_ = r.Signal(now.Add(time.Minute), Signal{Key: key})
		}
		_ = r.Signal(now.Add(2*time.Minute), Signal{Key: "c", Active: true})
		want(r, "c", true, "")
	}
}

// TestABlindActorTouchesNoSilentAlarm: an order for all from whoever must not
// know of silent alarms leaves them as they are.
func TestABlindActorTouchesNoSilentAlarm(t *testing.T) {
	m, errs := New(nil, nil, []Definition{{Key: "loud", Priority: 1, Class: ClassAlarm}, {Key: "silent", Priority: 1, Class: ClassAlarm, Silent: true}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	now := point.Instant{Boot: "b", Mono: time.Hour}
	for _, key := range []string{"loud", "silent"} {
		if err := m.Signal(now, Signal{Key: key, Active: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Acknowledge(now, EveryAudible, event.ID{}, "li", ""); err != nil {
		t.Fatal(err)
	}
	m.Tick(now)
	for _, a := range m.Alarms() {
		if a.Acknowledged == a.Silent {
			t.Errorf("%s: acknowledged %v", a.Key, a.Acknowledged)
		}
	}
}
