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
	"watchbox/firmware/command"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

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
