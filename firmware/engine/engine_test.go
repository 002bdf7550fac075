package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
func (b *bench) Pulse(zone.Pulse)              {}
func (b *bench) Sample(point.Sample)           {}
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

func TestPanicReachesTheSirenInTheSameTurn(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(false))
	b.Turn()
	for i := range 5000 {
		b.Offer(point.Sample{Point: point.Name(fmt.Sprintf("dev/v%d", i%200)), Value: point.OfReal(1)})
	}
	b.Edge(edge(true))
	if it, ok := b.in.takeUrgent(); !ok || it.edge.Point != "oc/panic" {
		t.Fatal("the edge does not wait in the first inlet")
	}
	b.Edge(edge(true))
	b.Turn()
	if !b.levels["oc/siren"] {
		t.Fatal("panic pressed: the siren is not on")
	}
	if a := b.View().Alarms; len(a) != 1 || a[0].Key != "zone/panic" || a[0].Priority != 1 {
		t.Fatalf("alarms: %+v", a)
	}
}

func TestSilenceAcknowledgeResetAreThree(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 10, nil)
	b.Edge(edge(true))
	b.Turn()
	check(t, b.ask(Command{Verb: Silence, Target: "zone/panic", Actor: "li"}))
	if a := b.View().Alarms[0]; a.Acknowledged || !a.Silenced {
		t.Fatalf("after silence: %+v", a)
	}
	b.pass(3 * time.Second)
	if b.levels["oc/siren"] {
		t.Error("silenced, and the siren sounds")
	}
	if err := b.ask(Command{Verb: Reset, Target: "zone/panic", Actor: "li"}); err == nil {
		t.Error("reset was carried out while the button is pressed")
	}
	check(t, b.ask(Command{Verb: Acknowledge, Target: "zone/panic", Actor: "li", Comment: "going there"}))
	b.Edge(edge(false))
	b.pass(3 * time.Second)
	if a := b.View().Alarms; len(a) != 1 || !a[0].Latched {
		t.Fatalf("released: want latched, have %+v", a)
	}
	check(t, b.ask(Command{Verb: Reset, Target: "zone/panic", Actor: "li"}))
	if a := b.View().Alarms; len(a) != 0 {
		t.Fatalf("reset: %+v", a)
	}
	var types []event.Type
	for i, r := range b.records() {
		types = append(types, r.Type)
		if r.ID.Sequence != 10+uint64(i) || r.ID.Box != "box" {
			t.Errorf("record %d has id %v", i, r.ID)
		}
		if r.Origin.Sequence != 10 {
			t.Errorf("%s is about %v, want the raise", r.Type, r.Origin)
		}
	}
	want := []event.Type{event.AlarmRaised, event.AlarmSilenced, event.AlarmAcknowledged, event.AlarmCleared, event.AlarmReset}
	if fmt.Sprint(types) != fmt.Sprint(want) {
		t.Errorf("journal: %v, want %v", types, want)
	}
}

func TestRecordsBeforeTheJournalWaitForTheirNumber(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Turn()
	if len(b.batches) != 0 {
		t.Fatal("a record left before the journal was open")
	}
	b.Identify("box", "epoch", 500, nil)
	b.Turn()
	if r := b.records(); len(r) != 1 || r[0].ID.Sequence != 500 || r[0].Origin != r[0].ID {
		t.Fatalf("records: %+v", r)
	}
	if id := b.View().Alarms[0].Occurrence; id.String() != "box/epoch/500" {
		t.Errorf("occurrence %v", id)
	}
}

func TestStateComesBackAfterAKill(t *testing.T) {
	first := newBench(t)
	first.Identify("box", "epoch", 1, nil)
	first.Edge(edge(true))
	first.Turn()
	check(t, first.ask(Command{Verb: Acknowledge, Target: "zone/panic", Actor: "li"}))
	kept := first.kept()
	second := newBench(t)
	second.Identify("box", "epoch", 100, kept)
	second.Turn()
	a := second.View().Alarms
	if len(a) != 1 || !a[0].Acknowledged || a[0].AckedBy != "li" || a[0].Occurrence.Sequence != 1 {
		t.Fatalf("after the restart: %+v", a)
	}
}

func TestNoOutputGoesOffBeforeTheLastRunIsKnown(t *testing.T) {
	first := newBench(t)
	first.Identify("box", "epoch", 1, nil)
	first.Edge(edge(true))
	first.Turn()
	kept := first.kept()
	for _, x := range []struct {
		name  string
		kept  map[string][]byte
		siren bool
	}{{"while the siren sounded", kept, true}, {"in peace, or the store is gone", nil, false}} {
		second := newBench(t)
		second.Edge(edge(false)) // the button was let go meanwhile
		second.pass(time.Second)
		if on, driven := second.levels["oc/siren"]; driven {
			t.Errorf("killed %s: siren driven to %v before anybody knows", x.name, on)
		}
		second.Identify("box", "epoch", 100, x.kept)
		second.Turn()
		if on, driven := second.levels["oc/siren"]; !driven || on != x.siren {
			t.Errorf("killed %s: siren %v (driven %v), want %v", x.name, on, driven, x.siren)
		}
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

func TestBadSampleNeverClears(t *testing.T) {
	b := newBench(t)
	b.Offer(warm(35))
	b.Turn()
	b.Offer(point.Sample{Point: "room/temperature", Quality: point.BadBecause(point.Timeout)})
	b.pass(10 * time.Second)
	if a := b.View().Alarms; len(a) != 1 || !a[0].Active {
		t.Fatalf("alarms: %+v", a)
	}
	e, _ := b.View().Points.Get("room/temperature")
	if f, _ := e.Last.Value.Float(); f != 35 || e.Last.Quality != point.BadBecause(point.Timeout) {
		t.Errorf("a bad reading must keep the last good value beside its reason: %+v", e.Last)
	}
}

func TestOldSampleTurnsStale(t *testing.T) {
	b := newBench(t)
	b.Offer(warm(20))
	b.Turn()
	for range 10 {
		b.pass(30 * time.Second)
	}
	if e, _ := b.View().Points.Get("room/temperature"); e.Last.Quality != point.BadBecause(point.Stale) {
		t.Errorf("five minutes later: %v", e.Last.Quality)
	}
}

func TestARuleThatPanicsIsOutOfServiceAndTheRestGuards(t *testing.T) {
	b := newBench(t)
	b.Alarms.Inject(func(key string) {
		if key == "hot/room/temperature" {
			panic("index out of range")
		}
	})
	b.Offer(warm(35))
	b.Turn()
	b.Edge(edge(true))
	b.Turn()
	if !b.levels["oc/siren"] {
		t.Error("the panic button does not ring after another rule failed")
	}
	var out bool
	for _, c := range b.changes {
		out = out || c.Type == event.RuleOutOfService
	}
	if !out {
		t.Error("nobody was told that the rule is out of service")
	}
}

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

func TestReloadKeepsStateAndJudgesAgain(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Offer(warm(25))
	b.Turn()
	go func() {
		_ = b.Engine.Reload(context.Background(), func(now point.Instant, p *Parts) {
			low := 20.0
			points := []point.Point{{Name: "oc/panic", Urgent: true}, {Name: "room/temperature", Kind: point.Real}}
			p.Table, _ = live.New(points)
			program, errs := alarm.Compile([]alarm.Rule{{ID: "hot", Points: []string{"room/temperature"}, When: alarm.Condition{Above: &low},
				Priority: 2, Label: point.Words{Zh: "温度高", En: "Hot"}}}, points, p.Panel.Definitions())
			check(t, errs...)
			p.Alarms.Swap(now, program)
		})
	}()
	for range 100 {
		time.Sleep(time.Millisecond)
		b.pass(100 * time.Millisecond)
		if len(b.View().Alarms) == 2 {
			return
		}
	}
	t.Fatalf("after the reload: %+v", b.View().Alarms)
}

func TestOutputsOfAnnunciatorsAreNotWrittenByHand(t *testing.T) {
	b := newBench(t)
	if _, err := b.choose(b.now, Command{Target: "oc/siren", Value: point.OfBool(false), Actor: "li", Comment: "loud"}); err == nil {
		t.Error("a person selected the siren past the alarms")
	}
	if _, err := b.choose(b.now, Command{Target: "dev/v9", Value: point.OfReal(1), Actor: "li", Comment: "open"}); err == nil || !strings.Contains(err.Error(), "strike of door door1") {
		t.Errorf("a person selected a lock past the cards: %v", err)
	}
	if err := b.ask(Command{Verb: Execute, Target: "oc/siren", Actor: "li"}); err == nil || errors.Is(err, command.ErrUnknown) {
		t.Errorf("a person switched the siren past the alarms: %v", err)
	}
}

// TestAWriteGoesOutOnceAndIsReadBack goes the whole way: select, execute, the
// driver's answer, a reading of before it and one of after.
func TestAWriteGoesOutOnceAndIsReadBack(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Turn()
	read := func(v float64) {
		b.Offer(point.Sample{Point: "ac/setpoint", Value: point.OfReal(v)})
		b.pass(time.Second)
	}
	read(24)
	s, err := b.choose(b.now, Command{Target: "ac/setpoint", Value: point.OfInt(22), Actor: "li", Comment: "warm"})
	check(t, err)
	if s.From.En != "24 °C" || s.To.En != "22 °C" || !s.Known {
		t.Fatalf("%+v", s)
	}
	check(t, b.ask(Command{Verb: Execute, Target: "ac/setpoint", Selection: s.ID, Actor: "li"}))
	if b.writes != 1 {
		t.Fatalf("%d writes", b.writes)
	}
	b.Answered("ac/setpoint", point.OfReal(22), b.now, nil)
	b.pass(time.Second)
	read(22)
	if c := b.View().Commands; len(c) != 1 || c[0].State != command.Done {
		t.Fatalf("%+v", c)
	}
	var types []event.Type
	for _, r := range b.records() {
		if r.Subject == "ac/setpoint" {
			types = append(types, r.Type)
		}
	}
	if want := []event.Type{event.CommandSelected, event.CommandIssued, event.CommandDone}; !slices.Equal(types, want) {
		t.Errorf("the journal has %v", types)
	}
}

func TestChangedIsClosedByTheNextView(t *testing.T) {
	b := newBench(t)
	before := b.View().Number
	ch := b.Changed()
	b.Edge(edge(true))
	b.Turn()
	select {
	case <-ch:
	default:
		t.Fatal("nobody was woken")
	}
	if b.View().Number <= before {
		t.Error("the view is the old one")
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

// A zone's answer says what its contact shows and that its partition guards.
func TestWhyOfAZoneNamesContactAndPartition(t *testing.T) {
	b := newBench(t)
	b.Edge(point.Sample{Point: "oc/panic", Value: point.OfBool(true)})
	b.Turn()
	var d event.Decision
	b.post(func() { d, _ = b.Alarms.Explain("zone/panic"); b.embellish(&d) })
	b.Turn()
	if d.Verdict != alarm.VerdictRaised || !strings.HasSuffix(d.Text.Zh, "（触点已动作）") || len(d.Inputs) != 1 || d.Inputs[0].Value == "" {
		t.Errorf("%+v", d)
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
