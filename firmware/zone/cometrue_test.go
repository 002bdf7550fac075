package zone

import (
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
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

// A contact that is simulated lets nobody pass: whoever was let in by his card is
// counted when he really comes, may still open, and is kept out of no other door.
func TestASimulatedDoorTakesNobodysCard(t *testing.T) {
	pretend := func(b *bench) {
		s := sampleOf("outer/contact", "1", b.now)
		s.Quality = point.Simulation
		b.panel.Sample(b.now, s)
		b.settle()
	}
	for name, steps := range map[string]func(b *bench){
		"a card before":    func(b *bench) { b.do("in outer 1", "+1s"); pretend(b) },
		"a card meanwhile": func(b *bench) { pretend(b); b.do("in outer 1", "+1s") },
	} {
		b := newLab(t)
		b.do("in outer 2", "outer/contact=1", "+1s", "outer/contact=0", "+5s")
		steps(b)
		if got := b.lists(); got != "lock: li" {
			t.Errorf("%s: while it is simulated %q", name, got)
		}
		b.pulses = nil
		b.do("outer/contact=0", "+1s") // the end of the simulation
		if len(b.pulses) != 0 {
			t.Errorf("%s: locked out: %+v", name, b.pulses)
		}
		b.do("outer/contact=1", "+1s")
		if got := b.lists(); got != "lock: li wang" || b.active["door/outer/forced"] {
			t.Errorf("%s: %q, forced %v", name, got, b.active["door/outer/forced"])
		}
	}
	b := newLab(t)
	pretend(b)
	b.do("in inner 2")
	if got := b.reasons(); got != "" {
		t.Errorf("the inner door waits for a simulated one: %s", got)
	}
}

// What time makes of a simulated opening, and its end, say that it was simulated.
func TestTheTimesOfASimulatedDoorAreMarked(t *testing.T) {
	b := newLab(t)
	b.do("in outer 1")
	s := sampleOf("outer/contact", "1", b.now)
	s.Quality = point.Simulation
	b.panel.Sample(b.now, s)
	b.do("+50s", "+15s", "outer/contact=0")
	told := map[event.Type]bool{}
	for _, r := range b.records {
		if told[r.Type] = true; r.Simulated != (r.Type != event.DoorGranted) {
			t.Errorf("%+v", r)
		}
	}
	if !told[event.DoorWarned] || !told[event.DoorHeld] || !told[event.DoorClosed] {
		t.Errorf("%v", told)
	}
}
