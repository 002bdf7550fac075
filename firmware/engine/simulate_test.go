package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/derive"
	"watchbox/firmware/event"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func simulateOrder(p string, v point.Value) Command {
	return Command{Verb: Simulate, Target: p, Value: v, For: 10 * time.Minute, Actor: "gong", Comment: "handover"}
}

// active is the alarm of the key, nil when it is not listed.
func (b *bench) active(key string) *alarm.Alarm {
	for _, a := range b.View().Alarms {
		if a.Key == key && a.Active {
			return a
		}
	}
	return nil
}

// told are the records of the type about the subject.
func (b *bench) told(t event.Type, subject string) (list []event.Record) {
	for _, r := range b.records() {
		if r.Type == t && r.Subject == subject {
			list = append(list, r)
		}
	}
	return list
}

func TestASimulatedValueGoesTheWholeWayMarked(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Offer(warm(21))
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("room/temperature", point.OfReal(41))))
	b.pass(time.Second)
	a := b.active("hot/room/temperature")
	if a == nil || !a.Simulated || !b.levels["oc/siren"] {
		t.Fatalf("alarm %+v, siren %v", a, b.levels)
	}
	r := b.told(event.AlarmRaised, a.Key)
	if len(r) != 1 || !r[0].Simulated || !strings.HasPrefix(r[0].Text.Zh, "【模拟】") || !strings.HasPrefix(r[0].Text.En, "[SIM]") {
		t.Errorf("%+v", r)
	}
	b.Offer(warm(22))
	b.pass(time.Second)
	v := b.View()
	e, _ := v.Points.Get("room/temperature")
	if e.Last.Value != point.OfReal(41) || e.Last.Quality != point.Simulation {
		t.Errorf("the point shows %v", e.Last)
	}
	if len(v.Simulations) != 1 || v.Simulations[0].Real != point.OfReal(22) || !v.Simulations[0].Good {
		t.Errorf("beside: %+v", v.Simulations)
	}
	b.pass(10 * time.Minute)
	b.pass(time.Second)
	e, _ = b.View().Points.Get("room/temperature")
	if e.Good.Value != point.OfReal(22) || len(b.View().Simulations) != 0 || b.active(a.Key) != nil {
		t.Errorf("after its time: %v, %+v", e, b.View().Alarms)
	}
	if r := b.told(event.AlarmCleared, a.Key); len(r) != 1 || !r[0].Simulated {
		t.Errorf("%+v", r)
	}
	if r := b.told(event.SimulationEnded, "room/temperature"); len(r) != 1 || r[0].Actor != "box" {
		t.Errorf("%+v", r)
	}
}

// A polled point that is simulated never goes stale; what is read meanwhile may.
func TestWhatIsReadMeanwhileIsKept(t *testing.T) {
	b := newBench(t)
	b.Offer(warm(21))
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("room/temperature", point.OfReal(25))))
	for range 300 {
		b.pass(time.Second)
	}
	if e, _ := b.View().Points.Get("room/temperature"); !e.Last.Quality.IsSimulated() {
		t.Errorf("%v", e.Last)
	}
	if s := b.View().Simulations; len(s) != 1 || s[0].Good {
		t.Errorf("%+v", s)
	}
	check(t, b.ask(Command{Verb: EndSimulate, Target: "room/temperature", Actor: "li"}))
	b.pass(time.Second)
	if e, _ := b.View().Points.Get("room/temperature"); e.Last.Quality != point.BadBecause(point.Stale) || e.Good.Value != point.OfReal(21) {
		t.Errorf("%v", e)
	}
}

func TestARealPanicWinsOverASimulatedOne(t *testing.T) {
	for name, read := range map[string]bool{"at rest before": true, "never read before": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Identify("box", "epoch", 1, nil)
			if read {
				b.Edge(edge(false))
			}
			b.pass(time.Second)
			check(t, b.ask(simulateOrder("oc/panic", point.OfBool(true))))
			b.pass(time.Second)
			if a := b.active("zone/panic"); a == nil || !a.Simulated || !b.levels["oc/siren"] {
				t.Fatalf("%+v", a)
			}
			check(t, b.ask(Command{Verb: Acknowledge, Target: "zone/panic", Actor: "li"}))
			check(t, b.ask(Command{Verb: Silence, Target: "zone/panic", Actor: "li"}))
			b.pass(5 * time.Second)
			if b.levels["oc/siren"] {
				t.Fatal("not silenced")
			}
			b.Edge(edge(true))
			b.Turn()
			a := b.active("zone/panic")
			if a == nil || a.Simulated || a.Acknowledged || !b.levels["oc/siren"] || len(b.View().Simulations) != 0 {
				t.Fatalf("a real press during the simulation: %+v, siren %v", a, b.levels)
			}
			if r := b.told(event.AlarmRaised, "zone/panic"); len(r) != 2 || r[1].Simulated || strings.Contains(r[1].Text.Zh, "模拟") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The real reading at rest that a polled input brings again and again ends nothing.
func TestARestThatIsReadEndsNoSimulation(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(false))
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("oc/panic", point.OfBool(true))))
	b.Edge(edge(false))
	b.Edge(point.Sample{Point: "oc/panic", Quality: point.BadBecause(point.Timeout)})
	b.pass(2 * time.Second)
	if a := b.active("zone/panic"); a == nil || !a.Simulated {
		t.Errorf("%+v", a)
	}
}

// A wire that is lost while its contact is simulated is a trouble all the same, and a
// real one; the simulation goes on beside it.
func TestALostWireIsToldBehindASimulation(t *testing.T) {
	lost := point.Sample{Point: "oc/panic", Quality: point.BadBecause(point.CommFailure)}
	for name, first := range map[string]func(b *bench){
		"lost meanwhile":    func(b *bench) { b.Edge(edge(false)) },
		"lost before":       func(b *bench) { b.Edge(edge(false)); b.pass(time.Second); b.Edge(lost) },
		"never read before": func(*bench) {},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Identify("box", "epoch", 1, nil)
			first(b)
			b.pass(time.Second)
			check(t, b.ask(simulateOrder("oc/panic", point.OfBool(true))))
			b.pass(time.Second)
			b.Edge(lost)
			b.pass(time.Second)
			b.pass(5 * time.Second)
			if a := b.active("zone/panic/trouble"); a == nil || a.Simulated {
				t.Fatalf("trouble %+v", a)
			}
			if a := b.active("zone/panic"); a == nil || !a.Simulated || len(b.View().Simulations) != 1 {
				t.Errorf("the simulation: %+v, %+v", a, b.View().Simulations)
			}
			if r := b.told(event.AlarmRaised, "zone/panic/trouble"); len(r) != 1 || r[0].Simulated {
				t.Errorf("%+v", r)
			}
			check(t, b.ask(Command{Verb: EndSimulate, Target: "oc/panic", Actor: "gong"}))
			b.pass(5 * time.Second)
			if a := b.active("zone/panic/trouble"); a == nil {
				t.Error("its end ends the trouble")
			}
			b.Edge(edge(false))
			b.pass(time.Second)
			b.pass(5 * time.Second)
			if a := b.active("zone/panic/trouble"); a != nil {
				t.Errorf("it is read again: %+v", a)
			}
		})
	}
}

// A file that makes a zone of a point that is simulated, and lost, tells of the loss.
func TestAReloadFindsALostWireBehindASimulation(t *testing.T) {
	b := newBench(t)
	b.Offer(point.Sample{Point: "dev/v1", Quality: point.BadBecause(point.Timeout)})
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("dev/v1", point.OfReal(1))))
	panel, errs := zone.New(zone.Definition{Zones: []zone.Zone{{ID: "water", Type: "fire", Input: "dev/v1"}}})
	check(t, errs...)
	b.reload(func(_ point.Instant, p *Parts) {
		p.Panel = panel
		check(t, p.Alarms.Reload(b.now, nil, nil, panel.Definitions())...)
	})
	b.pass(5 * time.Second)
	if a := b.active("zone/water/trouble"); a == nil || a.Simulated || len(b.View().Simulations) != 1 {
		t.Errorf("%+v, %+v", a, b.View().Simulations)
	}
}

func TestWhatIsNotSimulated(t *testing.T) {
	b := newBench(t)
	b.Offer(warm(41))
	b.pass(time.Second)
	for name, c := range map[string]struct {
		point string
		value point.Value
		want  string
	}{
		"no point":               {"none/x", point.OfReal(1), "no such point"},
		"a set-point":            {"ac/setpoint", point.OfReal(20), "only inputs"},
		"a strike":               {"dev/v9", point.OfReal(1), "only inputs"},
		"a panic button at rest": {"oc/panic", point.OfBool(false), "only its alarm"},
		"a door that is closed":  {"dev/v7", point.OfReal(0), "only its alarm"},
		"a real alarm":           {"room/temperature", point.OfReal(20), "a real alarm"},
		"a text for a number":    {"dev/v1", point.OfText("x"), "no value"},
		"two for a contact":      {"oc/panic", point.OfReal(2), "no value"},
		"a text without an end":  {"gate/card", point.OfText(strings.Repeat("x", 200)), "128 bytes"},
		"a number for a text":    {"gate/card", point.OfReal(2), "128 bytes"},
	} {
		if err := b.ask(simulateOrder(c.point, c.value)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, length := range []time.Duration{0, time.Second, 5 * time.Hour, -time.Minute} {
		c := simulateOrder("dev/v1", point.OfReal(1))
		if c.For = length; b.ask(c) == nil {
			t.Errorf("for %v", length)
		}
	}
	for i := range 40 {
		err := b.ask(simulateOrder(fmt.Sprintf("dev/v%d", 10+i), point.OfReal(1)))
		if (err == nil) != (i < 32) {
			t.Errorf("number %d: %v", i, err)
		}
	}
	if err := b.ask(Command{Verb: EndSimulate, Target: "dev/v3", Actor: "li"}); err == nil {
		t.Error("what is not simulated was ended")
	}
}

// A restart ends it, and the journal of the next run says so.
func TestARestartEndsSimulations(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Offer(warm(21))
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("room/temperature", point.OfReal(41))))
	b.pass(2 * time.Second)
	next := newBench(t)
	next.Identify("box", "epoch", 100, b.kept())
	next.pass(time.Second)
	if r := next.told(event.SimulationEnded, "room/temperature"); len(r) != 1 || len(next.View().Simulations) != 0 {
		t.Fatalf("%+v", next.records())
	}
	if next.kept()["simulation:room/temperature"] != nil {
		t.Error("it is kept still")
	}
	next.Offer(warm(21))
	next.pass(2 * time.Second)
	if a := next.active("hot/room/temperature"); a != nil {
		t.Errorf("the simulated alarm stands after the restart: %+v", a)
	}
	// What is really hot after the restart is a real alarm, though a simulated one stood.
	hot := newBench(t)
	hot.Offer(warm(41))
	hot.Turn()
	hot.Identify("box", "epoch", 100, b.kept())
	hot.pass(time.Second)
	if a := hot.active("hot/room/temperature"); a == nil || a.Simulated || a.Acknowledged {
		t.Errorf("%+v", a)
	}
}

// An alarm that was simulated and whose cause turns out to be real is a raise of its
// own, and a simulated value at rest hides none.
func TestWhatIsReallyHotEndsASimulation(t *testing.T) {
	for _, v := range []float64{41, 20} {
		b := newBench(t)
		b.Identify("box", "epoch", 1, nil)
		b.Offer(warm(21))
		b.pass(time.Second)
		check(t, b.ask(simulateOrder("room/temperature", point.OfReal(v))))
		b.Offer(warm(29))
		b.pass(time.Second)
		_ = b.ask(Command{Verb: Acknowledge, Target: "hot/room/temperature", Actor: "li"}) // where there is one
		if len(b.View().Simulations) != 1 {
			t.Fatalf("%v: a room that is not hot ends it", v)
		}
		b.Offer(warm(45))
		b.pass(time.Second)
		if a := b.active("hot/room/temperature"); a == nil || a.Simulated || a.Acknowledged || !b.levels["oc/siren"] || len(b.View().Simulations) != 0 {
			t.Errorf("%v: %+v", v, a)
		}
		if r := b.told(event.SimulationEnded, "room/temperature"); len(r) != 1 || r[0].Actor != "box" {
			t.Errorf("%v: %+v", v, r)
		}
	}
}

// A point of which a zone's input is computed hides nothing and orders nothing.
func TestAZoneOnAComputedPoint(t *testing.T) {
	b := newBench(t)
	points := []point.Point{{Name: "d/a", Kind: point.Bool}, {Name: "d/b", Kind: point.Bool}}
	set, errs := derive.New([]derive.Definition{{Point: "calc/n", Kind: "count-of", From: []point.Name{"d/a", "d/b"}}}, points)
	check(t, errs...)
	panel, errs := zone.New(zone.Definition{Zones: []zone.Zone{{ID: "fire", Type: "fire", Input: "calc/n"}}})
	check(t, errs...)
	table, err := live.New(append(points, set.Points()...))
	check(t, err)
	b.reload(func(_ point.Instant, p *Parts) {
		p.Table, p.Derive, p.Panel = table, set, panel
		check(t, p.Alarms.Reload(b.now, nil, points, panel.Definitions())...)
	})
	for _, v := range []bool{true, false} {
		if err := b.ask(simulateOrder("d/a", point.OfBool(v))); err == nil || !strings.Contains(err.Error(), "calc/n") {
			t.Errorf("%v: %v", v, err)
		}
	}
	check(t, b.ask(simulateOrder("calc/n", point.OfInt(1))))
}

// A site file that makes a zone of a point that is simulated finds what is really there.
func TestAReloadFindsWhatASimulationHides(t *testing.T) {
	b := newBench(t)
	b.Offer(point.Sample{Point: "dev/v1", Value: point.OfReal(1)})
	b.pass(time.Second)
	check(t, b.ask(simulateOrder("dev/v1", point.OfReal(1))))
	panel, errs := zone.New(zone.Definition{Zones: []zone.Zone{{ID: "water", Type: "fire", Input: "dev/v1"}}})
	check(t, errs...)
	b.reload(func(_ point.Instant, p *Parts) {
		p.Panel = panel
		check(t, p.Alarms.Reload(b.now, nil, nil, panel.Definitions())...)
	})
	b.pass(time.Second)
	if a := b.active("zone/water"); a == nil || a.Simulated || len(b.View().Simulations) != 0 {
		t.Errorf("%+v", a)
	}
}
