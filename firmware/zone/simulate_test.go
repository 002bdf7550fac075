package zone

import (
	"errors"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

func simulatedHouse(t *testing.T) *Panel {
	t.Helper()
	p, errs := New(Definition{
		Partitions: []Partition{{ID: "main"}},
		Zones: []Zone{
			{ID: "panic", Input: "d/panic", Type: "panic"}, {ID: "hush", Input: "d/hush", Type: "panic", Silent: true},
			{ID: "fire", Input: "d/fire", Type: "fire"}, {ID: "key", Input: "d/key", Type: "key-switch", Partition: "main"},
			{ID: "pir", Input: "d/pir", Tamper: "d/lid", Type: "instant", Partition: "main", Trips: 1},
			{ID: "loop", Input: "d/ohms", Type: "instant", Partition: "main", Loop: &Loop{Kind: "double", End: 2200, Alarm: 4700, Tolerance: 15}},
		},
		Doors: []Door{{ID: "gate", Contact: "d/contact", Exit: "d/exit", Reader: "d/card", ExitReader: "d/out", Unlock: time.Second, HeldOpen: time.Minute}},
	})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return p
}

func TestWhatOfThePanelIsSimulated(t *testing.T) {
	p := simulatedHouse(t)
	on, off := point.OfBool(true), point.OfBool(false)
	for _, c := range []struct {
		point point.Name
		value point.Value
		want  Code // "": it may be
	}{
		{"d/other", off, ""}, {"d/panic", on, ""}, {"d/panic", off, RestReal}, {"d/hush", on, SilentReal}, {"d/fire", on, ""}, {"d/fire", off, RestReal},
		{"d/key", on, OrderReal}, {"d/key", off, OrderReal}, {"d/pir", on, ""}, {"d/pir", off, RestReal}, {"d/lid", on, ""}, {"d/lid", off, RestReal},
		{"d/ohms", point.OfReal(2200), RestReal}, {"d/ohms", point.OfReal(6900), ""}, {"d/ohms", point.OfReal(0), ""}, {"d/ohms", point.OfReal(1e6), ""},
		{"d/contact", on, ""}, {"d/contact", off, RestReal}, {"d/exit", on, OrderReal}, {"d/card", point.OfText("1"), OrderReal}, {"d/out", point.OfText("1"), OrderReal},
	} {
		err := p.Simulable(c.point, c.value)
		var r *Refusal
		if errors.As(err, &r) != (c.want != "") || r != nil && (r.Code != c.want || r.Zh == "" || r.En == "") {
			t.Errorf("%s %v: %v, want %q", c.point, c.value, err, c.want)
		}
	}
}

func TestWhatReallyAlarmsOverrules(t *testing.T) {
	p := simulatedHouse(t)
	for _, c := range []struct {
		sample point.Sample
		want   bool
	}{
		{point.Sample{Point: "d/panic", Value: point.OfBool(true)}, true},
		{point.Sample{Point: "d/panic", Value: point.OfBool(true), Quality: point.UncertainBecause(point.Overflow)}, true},
		{point.Sample{Point: "d/panic", Value: point.OfBool(false)}, false},
		{point.Sample{Point: "d/panic", Quality: point.BadBecause(point.Timeout)}, false},
		{point.Sample{Point: "d/lid", Value: point.OfBool(true)}, true},
		{point.Sample{Point: "d/ohms", Value: point.OfReal(2200)}, false},
		{point.Sample{Point: "d/ohms", Value: point.OfReal(10)}, true},
		{point.Sample{Point: "d/contact", Value: point.OfBool(true)}, true},
		{point.Sample{Point: "d/other", Value: point.OfBool(true)}, false},
	} {
		if p.Overrules(c.sample) != c.want {
			t.Errorf("%+v: want %v", c.sample, c.want)
		}
	}
}

// What is simulated says nothing of the wire; what is really read beside it does.
func TestTheWireBesideASimulatedContact(t *testing.T) {
	for key, c := range map[string]struct {
		point         point.Name
		rest, alarmed point.Value
	}{
		"zone/panic/trouble": {"d/panic", point.OfBool(false), point.OfBool(true)},
		"zone/loop/trouble":  {"d/ohms", point.OfReal(2200), point.OfReal(6900)},
		"door/gate/trouble":  {"d/contact", point.OfBool(false), point.OfBool(true)},
	} {
		p := &pretence{simulatedHouse(t), point.Instant{Boot: "b", Mono: time.Hour}}
		lost := point.Sample{Point: c.point, Quality: point.BadBecause(point.CommFailure)}
		p.read(c.point, c.rest)
		p.lose(c.point)
		p.Take()
		if p.pretend(c.point, c.alarmed); p.told(key).Key != "" {
			t.Errorf("%s: a simulated value tells of the wire", key)
		}
		if p.Beside(point.Sample{Point: c.point, Value: c.rest}); p.told(key) != (alarm.Signal{Key: key}) {
			t.Errorf("%s: it is back, and nothing tells", key)
		}
		if p.Beside(lost); p.told(key) != (alarm.Signal{Key: key, Active: true}) {
			t.Errorf("%s: it is lost, and nothing tells", key)
		}
		p.Beside(lost)
		p.lose(c.point) // the end of the simulation
		if s := p.told(key); s.Key != "" {
			t.Errorf("%s: told twice: %+v", key, s)
		}
	}
}

// A simulated alarm is told as one, frees no door, proves nothing in a walk test, and
// leaves out no detector.
func TestASimulatedAlarmOfThePanel(t *testing.T) {
	p := simulatedHouse(t)
	now := point.Instant{Boot: "b", Mono: time.Hour, Wall: time.Unix(1e9, 0)}
	pretend := func(n point.Name) {
		p.Sample(now, point.Sample{Point: n, Value: point.OfBool(true), Quality: point.Simulation})
	}
	real := func(n point.Name, on bool) { p.Sample(now, point.Sample{Point: n, Value: point.OfBool(on)}) }
	signal := func(key string) (last alarm.Signal) {
		signals, _, _ := p.Take()
		for _, s := range signals {
			if s.Key == key {
				last = s
			}
		}
		return last
	}
	for _, n := range []point.Name{"d/panic", "d/fire", "d/pir", "d/lid", "d/contact"} {
		real(n, false)
	}
	if err := p.Command(now, Order{Verb: "walk-test", Target: "main", Actor: "gong"}); err != nil {
		t.Fatal(err)
	}
	p.Take()
	pretend("d/pir")
	if _, records, _ := p.Take(); len(records) != 0 {
		t.Errorf("walked: %+v", records)
	}
	real("d/pir", false)
	_ = p.Command(now, Order{Verb: "end-walk-test", Actor: "gong"})
	pretend("d/fire")
	if s := signal("zone/fire"); !s.Active || !s.Simulated {
		t.Errorf("%+v", s)
	}
	if v := p.View(); v.Doors[0].Freed {
		t.Error("a simulated fire frees doors")
	}
	real("d/fire", true)
	if s := signal("zone/fire"); !s.Active || s.Simulated || !p.View().Doors[0].Freed {
		t.Errorf("the real fire after it: %+v", s)
	}
	real("d/fire", false)
	if err := p.Command(now, Order{Verb: "force-arm", Target: "main", Actor: "li"}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	p.Tick(now)
	p.Take()
	for range 3 {
		pretend("d/pir")
		if s := signal("zone/pir"); !s.Active || !s.Simulated {
			t.Errorf("%+v", s)
		}
		real("d/pir", false)
	}
	if v := p.View().Zones[4]; v.ID != "pir" || v.Bypassed || v.Trips != 0 {
		t.Errorf("simulated alarms count as the detector's: %+v", v)
	}
	pretend("d/lid")
	if s := signal("zone/pir/tamper"); !s.Active || !s.Simulated {
		t.Errorf("%+v", s)
	}
	pretend("d/contact")
	if s := signal("door/gate/forced"); !s.Active || !s.Simulated {
		t.Errorf("%+v", s)
	}
}
