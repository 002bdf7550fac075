package engine

import (
	"fmt"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

func TestFullFirstInletKeepsPanicEdges(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	for i := range urgentLimit + 100 {
		b.Edge(point.Sample{Point: "dev/v1", Value: point.OfReal(float64(i))})
	}
	b.Turn()
	if !b.levels["oc/siren"] {
		t.Error("a flood of other edges pushed the panic edge out")
	}
	if lost := b.View().Health.LostEdges; lost != 101 {
		t.Errorf("lost edges %d, want 101", lost)
	}
}

func TestAFullFirstInletKeepsEachPress(t *testing.T) {
	q := newInlet()
	put := func(name point.Name, on bool) {
		q.put(item{edge: point.Sample{Point: name, Value: point.OfBool(on)}, always: true})
	}
	put("oc/hold-up", true)
	put("oc/hold-up", false)
	for i := range urgentLimit + 512 { // each too many looks through all that wait
		put("oc/panic", i%2 == 0)
	}
	if n := len(q.urgent); n > urgentLimit {
		t.Fatalf("%d edges wait, want at most %d", n, urgentLimit)
	}
	pressed, last := map[point.Name]bool{}, map[point.Name]bool{}
	for _, it := range q.urgent {
		on := it.edge.Value.Truth()
		pressed[it.edge.Point] = pressed[it.edge.Point] || on
		last[it.edge.Point] = on
	}
	if !pressed["oc/hold-up"] || !pressed["oc/panic"] || last["oc/hold-up"] || last["oc/panic"] {
		t.Fatalf("a press is lost or the level is wrong: pressed %v, last %v", pressed, last)
	}
	if lost, _ := q.losses(); lost == 0 {
		t.Error("losses are not counted")
	}
}

func TestSecondInletKeepsTheNewest(t *testing.T) {
	q := newInlet()
	for i := range 10 {
		q.sample(point.Sample{Point: "a/b", Value: point.OfInt(int64(i))})
	}
	s, ok := q.takeSample()
	if n, _ := s.Value.Integer(); !ok || n != 9 {
		t.Errorf("got %v", s)
	}
	if _, replaced := q.losses(); replaced != 9 {
		t.Errorf("replaced %d, want 9", replaced)
	}
}

func TestLostEdgesOfDriversShow(t *testing.T) {
	b := newBench(t)
	b.SetLostEdges(3)
	b.Turn()
	if n := b.View().Health.LostEdges; n != 3 {
		t.Errorf("view tells %d lost edges, want 3", n)
	}
}

// Two hundred on-delays end in one turn, and somebody presses the button after
// the first of them were told: the siren does not wait for the rest.
func TestPanicWhileManyDelaysEnd(t *testing.T) {
	b := newBench(t)
	limit := 1.0
	rule := alarm.Rule{ID: "many", Points: []string{"dev/*"}, When: alarm.Condition{Above: &limit}, Priority: 4, Class: alarm.ClassTrouble, OnDelay: time.Minute, Label: point.Words{Zh: "多", En: "many"}}
	var points []point.Point
	for i := range 200 {
		points = append(points, *b.describe(point.Name(fmt.Sprintf("dev/v%d", i))))
	}
	check(t, b.Alarms.Reload(b.now, []alarm.Rule{rule}, points, b.Panel.Definitions())...)
	for _, p := range points {
		b.Offer(point.Sample{Point: p.Name, Value: point.OfReal(2)})
	}
	b.Turn()
	var err error
	b.Plan, err = annunciate.New([]annunciate.Annunciator{{ID: "siren", Kind: "sounder", Output: "oc/siren", Alarms: []string{"zone/panic"}}}, nil)
	check(t, err)
	b.pressAt = 10
	b.pass(2 * time.Minute)
	if b.sirenAt == 0 || b.sirenAt > b.pressAt+2*handful || len(b.changes) < 200 {
		t.Errorf("pressed at change %d, the siren sounded at change %d of %d", b.pressAt, b.sirenAt, len(b.changes))
	}
}
