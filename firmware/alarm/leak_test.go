package alarm

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

// A leak controller tells how far along the cable the water is: a rule on that point
// tells the guard where to go.
func TestALeakIsToldWithItsDistance(t *testing.T) {
	above := 0.0
	rule := Rule{When: Condition{Above: &above}, Label: point.Words{Zh: "地板下漏水", En: "Water under the floor"}}
	r := ruleRig(t, rule, point.Point{Name: temperature, Kind: point.Real, Unit: "m", Decimals: 1, Label: point.Words{Zh: "漏水位置", En: "Place of the leak"}})
	r.read(0, 0)
	r.read(time.Second, 12.5)
	changes := r.Take()
	if len(changes) != 1 {
		t.Fatal(changes)
	}
	if w := Text(changes[0], point.Words{}); w.Zh != "报警：地板下漏水（12.5 m）" || w.En != "Alarm: Water under the floor (12.5 m)" {
		t.Errorf("%+v", w)
	}
}

// cableRules are one rule on the leak and one on the cable of a leak controller.
func cableRules() []Rule {
	return []Rule{{ID: "leak", Points: []string{"*/alarm.leak"}, When: Condition{Is: "true"}, Priority: 2, Kind: KindEnvironment},
		{ID: "cable", Points: []string{"*/alarm.cable"}, When: Condition{Is: "true"}, Class: ClassTrouble}}
}

func cablePoints() []point.Point {
	leak := point.Point{Name: "cable1/alarm.leak", Kind: point.Bool, Label: point.Words{Zh: "漏水", En: "Leak"}, Owner: point.Words{Zh: "1号电缆", En: "Cable 1"},
		Says: point.Words{Zh: "{leak.distance} 处", En: "at {leak.distance}"}, States: map[int64]point.Words{0: {Zh: "无漏水", En: "dry"}, 1: {Zh: "漏水", En: "leak"}}}
	whole := point.Point{Name: "cable1/alarm.cable", Kind: point.Bool, Label: point.Words{Zh: "感应电缆", En: "Cable"}, Owner: leak.Owner,
		States: map[int64]point.Words{0: {Zh: "完好", En: "whole"}, 1: {Zh: "断线", En: "broken"}}}
	return []point.Point{leak, whole, {Name: "cable1/leak.distance", Kind: point.Real, Unit: "m", Decimals: 1}}
}

func cable(t *testing.T) *rig {
	t.Helper()
	m, errs := New(cableRules(), cablePoints(), nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return &rig{Machine: m, t: t}
}

// sees tells the machine a reading and then the time.
func (r *rig) sees(d time.Duration, item string, v point.Value, q ...point.Quality) {
	s := point.Sample{Point: point.Join("cable1", item), Value: v, At: at(d)}
	if len(q) > 0 {
		s.Quality = q[0]
	}
	r.Sample(at(d), s)
	r.Tick(at(d))
}

// raisedAs wants one raise, and its text.
func (r *rig) raisedAs(zh, en string) {
	r.t.Helper()
	changes := r.Take()
	if len(changes) != 1 {
		r.t.Fatalf("want one raise: %+v", changes)
	}
	if w := Text(changes[0], point.Words{}); w.Zh != zh || w.En != en {
		r.t.Errorf("%+v", w)
	}
}

// TestALeakIsToldWithWhatItsMapSaysBeside: with the distance that was read after the
// leak was, and never with an earlier one.
func TestALeakIsToldWithWhatItsMapSaysBeside(t *testing.T) {
	r, second := cable(t), time.Second
	r.sees(0, "alarm.leak", point.OfBool(false))
	r.sees(0, "leak.distance", point.OfReal(0))
	r.sees(second, "alarm.leak", point.OfBool(true))
	r.want("")
	r.sees(second+100*time.Millisecond, "leak.distance", point.OfReal(12.34))
	r.raisedAs("报警：1号电缆漏水（12.3 m 处）", "Alarm: Cable 1 Leak (at 12.3 m)")

	// A later leak elsewhere, whose distance the controller does not tell at first.
	r.sees(10*second, "alarm.leak", point.OfBool(false))
	r.want("cleared")
	r.sees(20*second, "alarm.leak", point.OfBool(true))
	r.sees(20*second, "leak.distance", point.OfReal(0), point.BadBecause(point.OutOfRange))
	r.sees(21*second, "leak.distance", point.OfReal(80))
	if c := r.Take(); len(c) != 1 || c[0].Alarm.ValueText.En != "at 80.0 m" || c[0].Alarm.Value != "80.0 m 处" {
		t.Errorf("%+v", c)
	}
}

// TestALeakWithoutADistanceIsToldAllTheSame, three seconds late at most.
func TestALeakWithoutADistanceIsToldAllTheSame(t *testing.T) {
	r := cable(t)
	r.sees(0, "leak.distance", point.OfReal(7))
	r.sees(time.Second, "alarm.leak", point.OfBool(true))
	r.sees(2*time.Second, "leak.distance", point.Value{}, point.BadBecause(point.Timeout))
	if r.Tick(at(4*time.Second - 1)); len(r.Take()) > 0 || r.Next() != at(4*time.Second).Mono {
		t.Errorf("it does not wait, or for ever: next %v", r.Next())
	}
	r.Tick(at(4 * time.Second))
	r.raisedAs("报警：1号电缆漏水（漏水）", "Alarm: Cable 1 Leak (leak)")
}

// TestAShortLeakIsToldToo: over before its distance was read.
func TestAShortLeakIsToldToo(t *testing.T) {
	r := cable(t)
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.want("")
	r.sees(time.Second, "alarm.leak", point.OfBool(false))
	r.raisedAs("报警：1号电缆漏水（漏水）", "Alarm: Cable 1 Leak (leak)")
	r.sees(3*time.Second, "alarm.leak", point.OfBool(false))
	r.want("cleared")
}

// TestAnOnDelayIsNotCutShortByTheDistance: and what was waited for adds nothing to it.
func TestAnOnDelayIsNotCutShortByTheDistance(t *testing.T) {
	r := cable(t)
	r.lives["leak/cable1/alarm.leak"].OnDelay = 10 * time.Second
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.sees(time.Second, "leak.distance", point.OfReal(5))
	r.sees(9*time.Second, "leak.distance", point.OfReal(6))
	r.want("")
	r.Tick(at(10 * time.Second))
	r.raisedAs("报警：1号电缆漏水（6.0 m 处）", "Alarm: Cable 1 Leak (at 6.0 m)")
}

// TestABrokenCableIsAFaultAndNoPlace: whatever distance stands there.
func TestABrokenCableIsAFaultAndNoPlace(t *testing.T) {
	r := cable(t)
	r.sees(0, "leak.distance", point.OfReal(12.3))
	r.sees(time.Second, "alarm.cable", point.OfBool(true))
	r.raisedAs("故障：1号电缆感应电缆（断线）", "Trouble: Cable 1 Cable (broken)")
}

// TestASimulatedDistanceIsNotToldOfARealLeak.
func TestASimulatedDistanceIsNotToldOfARealLeak(t *testing.T) {
	r := cable(t)
	r.sees(0, "alarm.leak", point.OfBool(true))
	r.sees(time.Second, "leak.distance", point.OfReal(99), point.Simulation)
	r.raisedAs("报警：1号电缆漏水（漏水）", "Alarm: Cable 1 Leak (leak)")
}
