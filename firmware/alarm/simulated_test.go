package alarm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/condition"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func (r *rig) pretend(d time.Duration, key string, active bool) {
	r.t.Helper()
	r.run(d)
	if err := r.Signal(at(d), Signal{Key: key, Active: active, Simulated: true}); err != nil {
		r.t.Fatal(err)
	}
}

// A simulated cause explains what is simulated too, and nothing real.
func TestASimulatedCauseHidesNothingReal(t *testing.T) {
	r := newRig(t, Definition{Key: "mains", Priority: 2}, caused("ups/1", "mains"), caused("ups/2", "mains"), caused("ups/3", "mains"))
	r.tell(0, "ups/3", true) // a moment before: a real cause would take it
	r.pretend(time.Second, "mains", true)
	r.pretend(2*time.Second, "ups/1", true)
	r.tell(3*time.Second, "ups/2", true)
	r.wantTold("raised:ups/3 raised:mains suppressed:ups/1 raised:ups/2")
	// What was held back with it turns out to be real.
	r.tell(4*time.Second, "ups/1", true)
	if a, _ := r.Alarm("ups/1"); !a.Active || a.Suppressed != "" || a.Simulated {
		t.Errorf("%+v", a)
	}
	r.wantTold("unsuppressed:ups/1 raised:ups/1")
	// And the cause itself.
	r.tell(5*time.Second, "mains", true)
	if a, _ := r.Alarm("mains"); a.Simulated || !a.Active {
		t.Errorf("%+v", a)
	}
}

// However far a person has gone with a simulated alarm: when its condition holds in
// truth, that is a raise of its own, loud, unacknowledged and without the mark.
func TestASimulatedAlarmComesTrueInEveryState(t *testing.T) {
	for name, do := range map[string]func(r *rig){
		"active":       func(*rig) {},
		"acknowledged": func(r *rig) { _ = r.Acknowledge(at(2*time.Second), "k", event.ID{}, "li", "") },
		"silenced":     func(r *rig) { _ = r.Silence(at(2*time.Second), "k", event.ID{}, "li") },
		"chattering": func(r *rig) {
			for i := range 12 {
				r.pretend(time.Duration(4+2*i)*time.Second, "k", i%2 == 1)
			}
		},
	} {
		for _, latch := range []bool{false, true} {
			r := newRig(t, Definition{Key: "k", Priority: 1, Latch: latch, Label: point.Words{Zh: "漏水", En: "Leak"}})
			r.pretend(0, "k", true)
			if a := r.alarm(); !a.Simulated {
				t.Fatalf("%+v", a)
			}
			do(r)
			for _, c := range r.Take() {
				if text := Text(c, point.Words{}); !strings.HasPrefix(text.Zh, "【模拟】") || strings.Count(text.En, "[SIM]") != 1 {
					t.Errorf("%s: %s", name, text)
				}
			}
			r.tell(40*time.Second, "k", true)
			a := r.alarm()
			if a.Simulated || !a.Active || a.Acknowledged || a.Silenced || a.Chattering {
				t.Errorf("%s, latch %v: %+v", name, latch, a)
			}
			changes := r.Take()
			if last := changes[len(changes)-1]; last.Type != event.AlarmRaised || strings.Contains(Text(last, point.Words{}).Zh, "模拟") {
				t.Errorf("%s: %+v", name, changes)
			}
			// And a simulated value does not make a real alarm a simulated one.
			r.pretend(41*time.Second, "k", true)
			if a := r.alarm(); a.Simulated {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
}

// A rule over several points is marked while one of them is simulated; a rise that
// begins with a simulated value is none.
func TestRulesOnSimulatedValues(t *testing.T) {
	rise := Condition{Rises: &condition.Change{By: 5, Within: time.Minute}}
	r := ruleRig(t, Rule{When: rise}, point.Point{Name: temperature, Kind: point.Real})
	r.read(0, 20)
	r.read(time.Second, 40, point.Simulation)
	r.read(2*time.Second, 41, point.Simulation)
	r.read(3*time.Second, 20)
	r.want("")
	r.read(4*time.Second, 20, point.Simulation)
	r.read(5*time.Second, 30, point.Simulation)
	if list := r.Alarms(); len(list) != 1 || !list[0].Simulated {
		t.Errorf("%+v", list)
	}
}

// However much is simulated, it is no flood: a real minor alarm stays loud.
func TestWhatIsSimulatedMakesNoFlood(t *testing.T) {
	r := newRig(t, many(40)...)
	for i := range 30 {
		r.pretend(time.Duration(i)*time.Second, fmt.Sprintf("k%03d", i), true)
	}
	for i := range 4 { // of each priority
		r.tell(40*time.Second, fmt.Sprintf("k%03d", 30+i), true)
	}
	if r.Flood().On {
		t.Error("simulated values began a flood")
	}
	for _, a := range r.Alarms() {
		if a.Quiet {
			t.Errorf("%s is quiet", a.Key)
		}
	}
}

// A real alarm rests on every point of its rule, a simulated one on none.
func TestWhatARealAlarmRestsOn(t *testing.T) {
	hot := Condition{Expression: "{d/on} == false && {d/t} > 28"}
	m, errs := New([]Rule{{ID: "r", When: hot, Priority: 2, Class: ClassAlarm}}, []point.Point{{Name: "d/on", Kind: point.Bool}, {Name: "d/t", Kind: point.Real}}, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	rests := func(want bool) {
		t.Helper()
		for _, n := range []point.Name{"d/on", "d/t"} {
			if a, ok := m.Rests(n); ok != want || ok && a.Key != m.Alarms()[0].Key {
				t.Errorf("%s: %v, want %v", n, ok, want)
			}
		}
	}
	m.Sample(at(0), point.Sample{Point: "d/on", Value: point.OfBool(false), At: at(0)})
	m.Sample(at(0), point.Sample{Point: "d/t", Value: point.OfReal(40), Quality: point.Simulation, At: at(0)})
	rests(false)
	m.Sample(at(time.Second), point.Sample{Point: "d/t", Value: point.OfReal(40), At: at(time.Second)})
	rests(true)
}

// What holds without the simulated point is real, and turns real when it comes to that.
func TestARuleOverSeveralPointsHoldsWithoutTheSimulatedOne(t *testing.T) {
	limit := 28.0
	for name, c := range map[string]Condition{"at least": {Above: &limit, AtLeast: 2}, "expression": {Expression: "{d/a} > 28 && {d/b} > 28 || {d/b} > 28 && {d/c} > 28 || {d/a} > 28 && {d/c} > 28"}} {
		rule := Rule{ID: "r", When: c, Priority: 1, Class: ClassAlarm}
		if c.AtLeast > 0 {
			rule.Points = []string{"d/*"}
		}
		m, errs := New([]Rule{rule}, []point.Point{{Name: "d/a", Kind: point.Real}, {Name: "d/b", Kind: point.Real}, {Name: "d/c", Kind: point.Real}}, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		step := time.Duration(0)
		read := func(n point.Name, v float64, q point.Quality) {
			step += time.Second
			m.Sample(at(step), point.Sample{Point: n, Value: point.OfReal(v), Quality: q, At: at(step)})
		}
		want := func(simulated bool) {
			t.Helper()
			if list := m.Alarms(); len(list) != 1 || !list[0].Active || list[0].Simulated != simulated {
				t.Errorf("%s: %+v, want simulated %v", name, list, simulated)
			}
		}
		read("d/a", 20, point.Quality{})
		read("d/b", 30, point.Quality{})
		read("d/c", 40, point.Simulation)
		want(true)
		read("d/a", 30, point.Quality{})
		want(false)
		read("d/c", 20, point.Simulation)
		want(false)
	}
}
