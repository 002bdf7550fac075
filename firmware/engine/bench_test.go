package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/command"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// bench is an engine on a table: the clock stands until a test moves it, and
// everything that leaves is kept.
type bench struct {
	*Engine
	now     point.Instant
	batches []event.Batch
	levels  map[point.Name]bool
	changes []alarm.Change
	writes  int
	pressAt int // the button is pressed once so many changes were told; 0: never
	sirenAt int // so many had been told when the siren sounded
}

func (b *bench) Record(x event.Batch) { b.batches = append(b.batches, x) }

func (b *bench) Levels(l []annunciate.Level) {
	for _, x := range l {
		b.levels[x.Output] = x.On
		if x.Output == "oc/siren" && x.On {
			b.sirenAt = len(b.changes)
		}
	}
}

func (b *bench) Picture(annunciate.Picture) {}

func (b *bench) Changes(c []alarm.Change) {
	before := len(b.changes)
	if b.changes = append(b.changes, c...); before < b.pressAt && len(b.changes) >= b.pressAt {
		b.Edge(edge(true))
	}
}

func (b *bench) Pulse(zone.Pulse) {}

func (b *bench) Sample(point.Sample) {}

func (b *bench) Write(point.Name, point.Value) { b.writes++ }

func (b *bench) records() (all []event.Record) {
	for _, x := range b.batches {
		all = append(all, x.Records...)
	}
	return all
}

// kept is the retained state that the next run would find.
func (b *bench) kept() map[string][]byte {
	kept := map[string][]byte{}
	for _, batch := range b.batches {
		for _, r := range batch.Retained {
			kept[r.Key] = r.Value
		}
	}
	return kept
}

func (b *bench) pass(d time.Duration) {
	b.now = b.now.Add(d)
	b.Turn()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	points := []point.Point{{Name: "oc/panic", Kind: point.Bool, Urgent: true}, {Name: "gate/card", Kind: point.Text, Urgent: true}, {Name: "room/temperature", Kind: point.Real, Unit: "°C", Decimals: 1, Stale: 60_000},
		{Name: "ac/setpoint", Kind: point.Real, Unit: "°C", Write: true, Low: new(18.0), High: new(29.0), Period: 5000}}
	for i := range 200 {
		points = append(points, point.Point{Name: point.Name(fmt.Sprintf("dev/v%d", i)), Kind: point.Real})
	}
	b := &bench{levels: map[point.Name]bool{}}
	b.now = point.Instant{Boot: "b", Mono: time.Hour, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}
	limit := 30.0
	panel, errs := zone.New(zone.Definition{Zones: []zone.Zone{{ID: "panic", Type: "panic", Input: "oc/panic", Label: point.Words{Zh: "紧急按钮", En: "Panic button"}}},
		Doors: []zone.Door{{ID: "door1", Contact: "dev/v7", Strike: "dev/v9", Unlock: time.Second, HeldOpen: time.Minute}}})
	check(t, errs...)
	rules := []alarm.Rule{{ID: "hot", Points: []string{"room/temperature"}, When: alarm.Condition{Above: &limit}, Priority: 2, Class: alarm.ClassAlarm,
		Label: point.Words{Zh: "温度高", En: "Hot"}}}
	machine, errs := alarm.New(rules, points, slices.Concat(panel.Definitions(), command.Definitions(points), annunciate.Definitions([]annunciate.Annunciator{strobe})))
	check(t, errs...)
	plan, err := annunciate.New([]annunciate.Annunciator{{ID: "siren", Kind: "sounder", Output: "oc/siren"}}, nil)
	check(t, err)
	table, err := live.New(points)
	check(t, err)
	set, errs := derive.New(nil, points)
	check(t, errs...)
	parts := Parts{Table: table, Derive: set, Panel: panel, Alarms: machine, Plan: plan, Always: map[point.Name]bool{"oc/panic": true}}
	b.Engine = New(parts, func() point.Instant { return b.now }, b, b)
	return b
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func edge(on bool) point.Sample { return point.Sample{Point: "oc/panic", Value: point.OfBool(on)} }

func warm(t float64) point.Sample {
	return point.Sample{Point: "room/temperature", Value: point.OfReal(t)}
}

// ask runs a command to its answer by turning the engine by hand.
func (b *bench) ask(c Command) error {
	answer := make(chan error, 1)
	b.post(func() { answer <- b.obey(c) })
	b.Turn()
	return <-answer
}
