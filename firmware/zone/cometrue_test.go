package zone

import (
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// pretence is a panel whose points are read, lost and simulated.
type pretence struct {
	*Panel
	now point.Instant
}

func (p *pretence) read(n point.Name, v point.Value) {
	p.Sample(p.now, point.Sample{Point: n, Value: v})
}
func (p *pretence) lose(n point.Name) {
	p.Sample(p.now, point.Sample{Point: n, Quality: point.BadBecause(point.Timeout)})
}
func (p *pretence) pretend(n point.Name, v point.Value) {
	p.Sample(p.now, point.Sample{Point: n, Value: v, Quality: point.Simulation})
}

// told is the newest signal of the key.
func (p *pretence) told(key string) (last alarm.Signal) {
	signals, _, _ := p.Take()
	for _, s := range signals {
		if s.Key == key {
			last = s
		}
	}
	return last
}

// What was not read when it was simulated, and is found as it was simulated, is real.
func TestWhatIsFoundAsItWasSimulatedIsReal(t *testing.T) {
	on, off := point.OfBool(true), point.OfBool(false)
	for key, c := range map[string]struct {
		point         point.Name
		rest, alarmed point.Value
	}{
		"zone/panic":       {"d/panic", off, on},
		"zone/pir/tamper":  {"d/lid", off, on},
		"zone/loop/line":   {"d/ohms", point.OfReal(2200), point.OfReal(1e6)},
		"door/gate/forced": {"d/contact", off, on},
	} {
		p := &pretence{simulatedHouse(t), point.Instant{Boot: "b", Mono: time.Hour}}
		p.read(c.point, c.rest)
		p.lose(c.point)
		p.pretend(c.point, c.alarmed)
		if s := p.told(key); !s.Active || !s.Simulated {
			t.Errorf("%s: %+v", key, s)
		}
		p.lose(c.point) // the end of the simulation
		p.read(c.point, c.alarmed)
		if s := p.told(key); !s.Active || s.Simulated {
			t.Errorf("%s is really so: %+v", key, s)
		}
		p.read(c.point, c.alarmed)
		if s := p.told(key); s.Key != "" {
			t.Errorf("%s is told twice: %+v", key, s)
		}
	}
}

// armedHall is a hall behind an entry door, armed away.
func armedHall(t *testing.T) *pretence {
	t.Helper()
	house, errs := New(Definition{
		Partitions: []Partition{{ID: "main", EntryDelay: 30 * time.Second}},
		Zones: []Zone{{ID: "door", Input: "d/door", Type: "entry", Partition: "main"},
			{ID: "hall", Input: "d/hall", Type: "follower", Partition: "main"}}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	p := &pretence{house, point.Instant{Boot: "b", Mono: time.Hour}}
	p.read("d/door", point.OfBool(false))
	p.read("d/hall", point.OfBool(false))
	if err := p.Command(p.now, Order{Verb: "arm", Target: "main", Actor: "li"}); err != nil {
		t.Fatal(err)
	}
	p.pass(time.Minute)
	p.Take()
	return p
}

func (p *pretence) pass(d time.Duration) {
	p.now = p.now.Add(d)
	p.Tick(p.now)
}

// A simulated entry gives no burglar the time of whoever comes home.
func TestASimulatedEntryDelaysNoRealAlarm(t *testing.T) {
	on, off := point.OfBool(true), point.OfBool(false)
	p := armedHall(t)
	p.pretend("d/door", on)
	p.read("d/hall", on)
	if s := p.told("zone/hall"); !s.Active || s.Simulated {
		t.Errorf("somebody walks in the hall: %+v", s)
	}
	// Whoever really comes meanwhile has his whole time.
	p = armedHall(t)
	p.pretend("d/door", on)
	p.pretend("d/hall", on)
	p.pass(20 * time.Second)
	p.read("d/door", off)
	p.read("d/door", on)
	p.pass(20 * time.Second)
	p.read("d/hall", off)
	p.read("d/hall", on)
	if s := p.told("zone/hall"); s.Active {
		t.Errorf("the hall does not wait for him: %+v", s)
	}
	p.pass(11 * time.Second)
	if s := p.told("zone/door"); !s.Active || s.Simulated {
		t.Errorf("nobody disarmed: %+v", s)
	}
}

// Who came in really has done so, though the contact is simulated afterwards.
func TestARealEntryStaysReal(t *testing.T) {
	p := armedHall(t)
	p.read("d/door", point.OfBool(true))
	p.read("d/door", point.OfBool(false))
	p.pretend("d/door", point.OfBool(true))
	p.pass(31 * time.Second)
	if s := p.told("zone/door"); !s.Active || s.Simulated {
		t.Errorf("%+v", s)
	}
}
