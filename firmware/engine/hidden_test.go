package engine

import (
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
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
