package engine

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/condition"
	"watchbox/firmware/derive"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// ruled is a bench with these rules, on four contacts and what is counted of two.
func ruled(t *testing.T, rules ...alarm.Rule) *bench {
	t.Helper()
	b := newBench(t)
	points := []point.Point{{Name: "d/a", Kind: point.Real}, {Name: "d/b", Kind: point.Real}, {Name: "d/c", Kind: point.Bool}, {Name: "d/d", Kind: point.Bool}}
	set, errs := derive.New([]derive.Definition{{Point: "calc/n", Kind: "count-of", From: []point.Name{"d/c", "d/d"}}}, points)
	check(t, errs...)
	points = append(points, set.Points()...)
	table, err := live.New(points)
	check(t, err)
	b.reload(func(_ point.Instant, p *Parts) {
		p.Table, p.Derive = table, set
		check(t, p.Alarms.Reload(b.now, rules, points, nil)...)
	})
	for _, n := range []point.Name{"d/a", "d/b"} {
		b.Offer(point.Sample{Point: n, Value: point.OfReal(20)})
	}
	for _, n := range []point.Name{"d/c", "d/d"} {
		b.Offer(point.Sample{Point: n, Value: point.OfBool(false)})
	}
	b.pass(time.Second)
	return b
}

// What no single reading decides cannot end a simulation when it comes to hold: where a
// life may hang on it, it is not simulated at all.
func TestASevereAlarmOfManyReadingsIsNotSimulated(t *testing.T) {
	limit, change := 50.0, &condition.Change{By: 10, Within: time.Minute}
	rise, expression := alarm.Condition{Rises: change}, alarm.Condition{Expression: "{d/a} > 50 && {d/b} > 50"}
	for name, c := range map[string]struct {
		when     alarm.Condition
		watches  string
		priority int
		kind     alarm.Kind
		point    string
		want     string // in the refusal; "": it may be
	}{
		"a rise":                     {rise, "d/a", 1, "", "d/a", "more than one reading"},
		"a rise that is a fire":      {rise, "d/a", 2, alarm.KindFire, "d/a", "more than one reading"},
		"a rise of another point":    {rise, "d/a", 1, "", "d/b", ""},
		"a rise of less":             {rise, "d/a", 2, "", "d/a", ""},
		"a fall":                     {alarm.Condition{Falls: change}, "d/a", 1, "", "d/a", "more than one reading"},
		"a value that stays":         {alarm.Condition{Stuck: time.Hour}, "d/a", 1, "", "d/a", "more than one reading"},
		"a value that does not come": {alarm.Condition{Stale: time.Hour}, "d/a", 1, "", "d/a", "more than one reading"},
		"an expression":              {expression, "", 1, "", "d/b", "more than one reading"},
		"an expression of less":      {expression, "", 3, "", "d/b", ""},
		"a level":                    {alarm.Condition{Above: &limit}, "d/a", 1, "", "d/a", ""},
		"two of two":                 {alarm.Condition{Above: &limit, AtLeast: 2}, "d/?", 1, "", "d/a", ""},
		"the source of a level":      {alarm.Condition{Above: &limit}, "calc/n", 1, "", "d/c", "calc/n"},
		"the computed point itself":  {alarm.Condition{Above: &limit}, "calc/n", 1, "", "calc/n", ""},
		"the source of less":         {alarm.Condition{Above: &limit}, "calc/n", 2, "", "d/c", ""},
	} {
		rule := alarm.Rule{ID: "r", When: c.when, Priority: c.priority, Class: alarm.ClassAlarm, Kind: c.kind, Label: point.Words{Zh: "严重", En: "Severe"}}
		switch c.watches {
		case "":
		case "d/?":
			rule.Points = []string{"d/a", "d/b"}
		default:
			rule.Points = []string{c.watches}
		}
		b := ruled(t, rule)
		for _, v := range []float64{0, 1} {
			err := b.ask(simulateOrder(c.point, point.OfReal(v)))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %v: %v", name, v, err)
			}
		}
	}
}

// Two of two: a reading beyond the limit ends the simulation before it, so that the
// second really makes the alarm.
func TestAReadingThatIsOneOfSeveralEndsItsSimulation(t *testing.T) {
	limit := 50.0
	b := ruled(t, alarm.Rule{ID: "r", Points: []string{"d/a", "d/b"}, When: alarm.Condition{Above: &limit, AtLeast: 2}, Priority: 1, Class: alarm.ClassAlarm})
	check(t, b.ask(simulateOrder("d/a", point.OfReal(20))), b.ask(simulateOrder("d/b", point.OfReal(20))))
	for i, n := range []point.Name{"d/a", "d/b"} {
		b.Offer(point.Sample{Point: n, Value: point.OfReal(60)})
		b.pass(time.Second)
		if left := len(b.View().Simulations); left != 1-i {
			t.Errorf("%s: %d run on", n, left)
		}
	}
	if a := b.active("r/group"); a == nil || a.Simulated {
		t.Errorf("%+v", a)
	}
}

// A contact is told once. What it told while its alarm was put aside is found when that
// ends, though a simulated value stands before it.
func TestWhatWasPutAsideIsFoundBehindASimulation(t *testing.T) {
	b := ruled(t, alarm.Rule{ID: "r", Points: []string{"d/c"}, When: alarm.Condition{Is: "true"}, Priority: 1, Class: alarm.ClassAlarm})
	check(t, b.ask(Command{Verb: OutOfService, Target: "r/d/c", Until: b.now.Wall.Add(time.Minute), Actor: "gong", Comment: "work"}))
	check(t, b.ask(simulateOrder("d/c", point.OfBool(false))))
	b.Offer(point.Sample{Point: "d/c", Value: point.OfBool(true)})
	b.pass(time.Second)
	if len(b.View().Simulations) != 1 {
		t.Fatal("an alarm that is put aside ends it")
	}
	b.pass(2 * time.Minute)
	b.pass(time.Second)
	if a := b.active("r/d/c"); a == nil || a.Simulated || len(b.View().Simulations) != 0 {
		t.Errorf("%+v", a)
	}
}

// A siren that does not sound must not be simulated to sound.
func TestWhatASirenIsReadBackByIsNotSimulated(t *testing.T) {
	b := ruled(t)
	wall := &annunciate.Wall{Device: "wall", Rows: []string{"alarm"}, Rooms: []string{"oc"}, Alive: "d/d"}
	b.reload(func(_ point.Instant, p *Parts) {
		check(t, p.Plan.Reload([]annunciate.Annunciator{{ID: "siren", Kind: "sounder", Output: "oc/siren", Feedback: "d/c"}}, wall))
	})
	for _, n := range []string{"d/c", "d/d"} {
		for _, v := range []bool{true, false} {
			if err := b.ask(simulateOrder(n, point.OfBool(v))); err == nil || !strings.Contains(err.Error(), "really works") {
				t.Errorf("%s %v: %v", n, v, err)
			}
		}
	}
}
