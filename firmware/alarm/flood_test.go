package alarm

import (
	"fmt"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func many(n int) (defs []Definition) {
	for i := range n {
		defs = append(defs, Definition{Key: fmt.Sprintf("k%03d", i), Priority: 1 + i%4})
	}
	return defs
}

func count(changes []Change, t event.Type) (n int) {
	for _, c := range changes {
		if c.Type == t {
			n++
		}
	}
	return n
}

func TestAFloodBeginsAndEnds(t *testing.T) {
	r := newRig(t, append(many(40), Definition{Key: "tamper", Priority: 3, Guarded: true})...)
	for i := range 10 {
		r.tell(time.Duration(i)*time.Minute-time.Duration(i)*time.Second, fmt.Sprintf("k%03d", i), true)
	}
	if c := r.Take(); len(c) != 10 || r.Flood().On {
		t.Fatalf("ten are no flood: %d changes, %+v", len(c), r.Flood())
	}
	from := 10*time.Minute - 11*time.Second
	r.tell(from, "k010", true)
	r.tell(from, "tamper", true)
	c := r.Take()
	if len(c) != 4 || c[1].Type != event.AlarmRaised || c[1].Alarm.Key != FloodKey || c[2].Type != event.FloodBegan {
		t.Fatalf("it begins: %v", c)
	}
	if f := r.Flood(); !f.On || f.Since != at(from) || f.Count != 12 {
		t.Errorf("flood: %+v", f)
	}
	for _, a := range r.Alarms() {
		if want := a.Priority >= 3 && !a.Guarded; a.Quiet != want || a.Aside() != want || !a.Standing() {
			t.Errorf("%s of priority %d: quiet %v", a.Key, a.Priority, a.Quiet)
		}
	}
	r.run(from + 6*time.Minute)
	if r.Flood().On != true {
		t.Error("it ends early")
	}
	r.run(from + 10*time.Minute)
	c = r.Take()
	if len(c) != 2 || c[0].Type != event.FloodEnded || c[1].Type != event.AlarmCleared || c[0].Text != "12" || r.Flood() != (Flood{}) {
		t.Fatalf("it ends: %v %+v", c, r.Flood())
	}
	for _, a := range r.Alarms() {
		if a.Quiet {
			t.Errorf("%s is still quiet", a.Key)
		}
	}
}

func TestFloodLimitsAreSettable(t *testing.T) {
	r := newRig(t, many(10)...)
	r.FloodLimits(2, 3, time.Minute) // ends later than it begins: refused
	r.FloodLimits(2, 2, time.Minute)
	for i := range 3 {
		r.tell(time.Duration(i)*time.Second, fmt.Sprintf("k%03d", i), true)
	}
	if !r.Flood().On {
		t.Error("three in a minute, more than two")
	}
	r.run(time.Minute + 500*time.Millisecond)
	if !r.Flood().On {
		t.Error("two are left in the window")
	}
	r.run(time.Minute + time.Second)
	if r.Flood().On {
		t.Error("one is left in the window")
	}
}

func TestFiveHundredAlarmsInASecond(t *testing.T) {
	r := newRig(t, many(500)...)
	for i := range 500 {
		r.tell(time.Duration(i)*2*time.Millisecond, fmt.Sprintf("k%03d", i), true)
	}
	c := r.Take()
	if n := count(c, event.AlarmRaised); n != 501 {
		t.Errorf("%d raised, want each and the flood", n)
	}
	if n := count(c, event.FloodBegan); n != 1 {
		t.Errorf("the flood was told %d times", n)
	}
	if c[0].Type != event.AlarmRaised || c[0].Alarm.Quiet {
		t.Error("the first one must be loud")
	}
	standing := 0
	for _, a := range r.Alarms() {
		if a.Standing() {
			standing++
		}
	}
	if standing != 501 || r.Flood().Count != 500 || len(r.Retained()) != 501 {
		t.Errorf("%d stand, %+v", standing, r.Flood())
	}
}

func TestSuppressedAlarmsMakeNoFlood(t *testing.T) {
	defs := []Definition{{Key: "mains", Priority: 1}}
	for i := range 50 {
		defs = append(defs, caused(fmt.Sprintf("k%03d", i), "mains"))
	}
	r := newRig(t, defs...)
	r.tell(0, "mains", true)
	for i := range 50 {
		r.tell(time.Second, fmt.Sprintf("k%03d", i), true)
	}
	if c := r.Take(); r.Flood().On || count(c, event.AlarmRaised) != 1 || count(c, event.AlarmSuppressed) != 50 {
		t.Errorf("%d changes, %+v", len(c), r.Flood())
	}
}

func TestAQuietCauseDoesNotHideAnUrgentAlarm(t *testing.T) {
	defs := append(many(20), Definition{Key: "minor", Priority: 4}, Definition{Key: "urgent", Priority: 1, Causes: []string{"minor"}})
	r := newRig(t, defs...)
	r.tell(0, "minor", true)
	r.tell(0, "urgent", true)
	for i := range 11 {
		r.tell(time.Second, fmt.Sprintf("k%03d", i), true)
	}
	r.run(10 * time.Second)
	if a, _ := r.Alarm("urgent"); !a.Active || a.Suppressed != "" {
		t.Errorf("nobody hears of it: %+v", a)
	}
}

func TestAFloodAcrossARestart(t *testing.T) {
	r := newRig(t, many(20)...)
	for i := range 15 {
		r.tell(time.Second, fmt.Sprintf("k%03d", i), true)
	}
	r.types()
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	s := newRig(t, many(20)...)
	s.Restore(reboot(time.Minute), store)
	same(t, r.Alarms(), s.Alarms())
	s.want("")
	if f := s.Flood(); !f.On || f.Count != 15 {
		t.Errorf("flood: %+v", f)
	}
	s.Tick(reboot(time.Minute).Add(10*time.Minute - 1))
	s.want("")
	s.Tick(reboot(time.Minute).Add(10 * time.Minute))
	s.want("flood.ended cleared")
}

func TestAThousandEdgesAMinute(t *testing.T) {
	edges := func(t *testing.T, r *rig, edge func(d time.Duration, on bool)) {
		for i := range 1000 {
			d := time.Duration(i) * 60 * time.Millisecond
			r.run(d)
			edge(d, i%2 == 0)
		}
		r.want("raised chattering")
		if a := r.Alarms()[0]; !a.Chattering || a.Flaps < 480 {
			t.Errorf("chattering %v, the list shows %d flaps", a.Chattering, a.Flaps)
		}
		last := 999 * 60 * time.Millisecond
		r.run(last + 60*time.Second)
		c := r.Take()
		if len(c) != 1 || c[0].Type != event.AlarmCleared || c[0].Alarm.Flaps != 499 || c[0].Alarm.Count != 1 {
			t.Errorf("the end: %v", c)
		}
		d := r.Decisions()
		if len(d) > 2*mindLimit {
			t.Errorf("%d decisions", len(d))
		}
	}
	t.Run("signal", func(t *testing.T) {
		r := newRig(t, Definition{Key: "k", Priority: 2})
		edges(t, r, r.set)
	})
	t.Run("sample", func(t *testing.T) {
		r := ruleRig(t, Rule{When: Condition{Is: "true"}}, point.Point{Name: "d/contact", Kind: point.Bool})
		edges(t, r, func(d time.Duration, on bool) {
			r.Sample(at(d), point.Sample{Point: "d/contact", Value: point.OfBool(on), At: at(d)})
		})
	})
}
