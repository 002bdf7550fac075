package alarm

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// TestALeakWhoseControllerFallsSilentIsTold: the water takes the controller with it before
// its distance was read. Nothing more is to be waited for.
func TestALeakWhoseControllerFallsSilentIsTold(t *testing.T) {
	r, silent := cable(t), point.BadBecause(point.Timeout)
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.want("")
	r.sees(time.Second, "alarm.leak", point.Value{}, silent)
	r.raisedAs("报警：1号电缆漏水（漏水）", "Alarm: Cable 1 Leak (leak)")
	r.sees(2*time.Second, "alarm.leak", point.OfBool(true))
	r.want("")
}

// TestALeakAtTheEndOfItsHoursIsTold: the schedule puts the rule to rest while the raise
// waits for its distance.
func TestALeakAtTheEndOfItsHoursIsTold(t *testing.T) {
	r, office := cable(t), &hours{on: true}
	r.Calendars(office)
	w := r.lives["leak/cable1/alarm.leak"].rule
	w.while = "office"
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.want("")
	office.on = false
	r.sees(time.Second, "alarm.leak", point.OfBool(true))
	r.raisedAs("报警：1号电缆漏水（漏水）", "Alarm: Cable 1 Leak (leak)")
}

// hours is a calendar that holds or does not.
type hours struct{ on bool }

func (h *hours) Holds(string, point.Instant) (on, known bool)    { return h.on, true }
func (h *hours) Next(string, point.Instant) (wait time.Duration) { return point.Never }

// reload takes the same rules in.
func (r *rig) reload(d time.Duration) {
	r.t.Helper()
	if errs := r.Reload(at(d), cableRules(), cablePoints(), nil); len(errs) > 0 {
		r.t.Fatal(errs)
	}
}

// TestAReloadBringsNoEarlierDistance: what the owner feeds again after it was read before
// the leak came.
func TestAReloadBringsNoEarlierDistance(t *testing.T) {
	r := cable(t)
	r.sees(0, "alarm.leak", point.OfBool(false))
	r.sees(0, "leak.distance", point.OfReal(0))
	r.sees(time.Second, "alarm.leak", point.OfBool(true))
	r.reload(2 * time.Second)
	r.Sample(at(2*time.Second), point.Sample{Point: "cable1/alarm.leak", Value: point.OfBool(true), At: at(time.Second)})
	r.Sample(at(2*time.Second), point.Sample{Point: "cable1/leak.distance", Value: point.OfReal(0), At: at(0)})
	r.want("")
	r.sees(3*time.Second, "leak.distance", point.OfReal(12.3))
	r.raisedAs("报警：1号电缆漏水（12.3 m 处）", "Alarm: Cable 1 Leak (at 12.3 m)")
}

// TestALeakWithoutItsRuleSaysNothingOfAPlace: a reload gave its key to an alarm of another
// sort, which lets a raise go that was put aside.
func TestALeakWithoutItsRuleSaysNothingOfAPlace(t *testing.T) {
	r := cable(t)
	const key = "leak/cable1/alarm.leak"
	if err := r.Shelve(at(0), key, at(time.Hour).Wall, "li", "works"); err != nil {
		t.Fatal(err)
	}
	r.sees(time.Second, "alarm.leak", point.OfBool(true))
	r.sees(2*time.Second, "leak.distance", point.OfReal(5))
	if errs := r.Reload(at(3*time.Second), nil, cablePoints(), []Definition{{Key: key, Priority: 1, Guarded: true}}); len(errs) > 0 {
		t.Fatal(errs)
	}
	if a := r.lives[key]; !a.Active || a.ValueText.En != "leak" {
		t.Errorf("%+v", a.Alarm)
	}
}

// TestALeakThatRoseAgainAtARestartIsToldWithItsDistance: the former one was over, and
// nobody has acknowledged it.
func TestALeakThatRoseAgainAtARestartIsToldWithItsDistance(t *testing.T) {
	r, store := cable(t), map[string][]byte{}
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.sees(0, "leak.distance", point.OfReal(80))
	r.sees(5*time.Second, "alarm.leak", point.OfBool(false))
	keepIn(store, r.Retained())
	s := cable(t)
	s.sees(time.Hour, "alarm.leak", point.OfBool(true))
	s.Restore(at(time.Hour), store)
	s.Take()
	s.sees(time.Hour+time.Second, "leak.distance", point.OfReal(12.3))
	if c := s.Take(); len(c) != 1 || c[0].Alarm.ValueText.En != "at 12.3 m" {
		t.Errorf("%+v", c)
	}
}

// TestARaiseThatWaitedForItsDistanceSaysWhy: though it is over before anything else happens.
func TestARaiseThatWaitedForItsDistanceSaysWhy(t *testing.T) {
	for _, short := range []bool{false, true} {
		r := cable(t)
		r.sees(0, "alarm.leak", point.OfBool(true))
		if !short {
			r.Sample(at(time.Second), point.Sample{Point: "cable1/leak.distance", Value: point.OfReal(5), At: at(time.Second)})
		}
		r.sees(1500*time.Millisecond, "alarm.leak", point.OfBool(false))
		d := r.Decisions()
		if len(d) != 3 || d[0].Verdict != VerdictWaiting || d[1].Verdict != VerdictRaised || d[2].Verdict != VerdictClearing {
			t.Fatalf("short %v: %+v", short, d)
		}
		if w := d[0].Text; !strings.Contains(w.Zh, "延时 3 秒") || !strings.Contains(w.En, "a delay of 3 s runs") {
			t.Errorf("it waits: %+v", w)
		}
		if w := d[1].Text; !strings.Contains(w.Zh, "漏水 漏水") || !strings.Contains(w.En, "Leak leak") {
			t.Errorf("short %v: %+v", short, w)
		}
	}
}
