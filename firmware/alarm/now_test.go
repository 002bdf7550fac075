package alarm

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

// The reason of a trouble may be another one while it goes on: the list says so, what the
// raise froze stays, and it is nothing that is written to the disk.
func TestTheReasonByNowStandsBesideThatOfTheRaise(t *testing.T) {
	r := newRig(t, Definition{Key: "k", Priority: 2})
	say := func(d time.Duration, active bool, en string) {
		if err := r.Signal(at(d), Signal{Key: "k", Active: active, Value: "raw", ValueText: point.Words{Zh: en, En: en}}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(raised, now string) {
		t.Helper()
		for _, a := range r.Alarms() {
			if a.ValueText.En != raised || a.Now.En != now {
				t.Errorf("raised with %q, says %q now; want %q, %q", a.ValueText.En, a.Now.En, raised, now)
			}
		}
	}
	say(0, true, "map is missing")
	r.wantTold("raised:k")
	want("map is missing", "")
	store := map[string][]byte{}
	keepIn(store, r.Retained())
	say(time.Minute, true, "no answer")
	r.wantTold("")
	want("map is missing", "no answer")
	if kept := r.Retained(); len(kept) > 0 {
		t.Errorf("another reason writes %d rows", len(kept))
	}
	say(time.Minute, true, "map is missing")
	want("map is missing", "")
	say(2*time.Minute, true, "")
	want("map is missing", "raw")
	say(3*time.Minute, false, "")
	r.wantTold("cleared:k")
	want("map is missing", "")
	say(4*time.Minute, true, "garbled")
	want("garbled", "")

	s := newRig(t, Definition{Key: "k", Priority: 2})
	s.Restore(at(time.Hour), store)
	if err := s.Signal(at(time.Hour), Signal{Key: "k", Active: true, Value: "raw", ValueText: point.Words{Zh: "x", En: "x"}}); err != nil {
		t.Fatal(err)
	}
	if a := s.Alarms()[0]; a.ValueText.En != "map is missing" || a.Now.En != "x" {
		t.Errorf("after a restart: %q, now %q", a.ValueText.En, a.Now.En)
	}
}
