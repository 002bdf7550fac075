package team

import (
	"errors"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

func TestTeams(t *testing.T) {
	s, m := time.Second, time.Minute
	for name, c := range map[string]struct {
		n, duty int
		on      []int
		change  func(d *Team)
		do      func(p *plant)
		want    string // orders, from the last said
		runs    string
	}{
		"what runs stays":       {3, 2, []int{1, 3}, nil, func(p *plant) { p.pass(time.Hour) }, "", "1 3"},
		"nothing runs at first": {3, 2, nil, nil, func(p *plant) { p.pass(time.Hour) }, "+1@3m2s +2@3m32s", "1 2"},
		"one fails":             {2, 1, []int{1}, nil, func(p *plant) { p.pass(10 * m); p.said(); p.units[0].ill = true; p.pass(10 * m) }, "+2@32s", "1 2"},
		"one goes off": {2, 1, []int{1}, nil, func(p *plant) { p.pass(10 * m); p.said(); p.move(p.units[0], false); p.pass(30 * m) },
			"+2@32s", "2"},
		"repaired, it takes over again": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.units[0].ill = true
			p.move(p.units[0], false)
			p.pass(10 * m)
			p.said()
			p.units[0].ill = false
			p.pass(30 * m)
		}, "+1@10m2s -2@10m34s", "1"},
		"a bad reading is none": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.units[0].mute = true
			p.pass(4 * m)
			p.units[0].mute = false
			p.pass(m)
		}, "", "1"},
		"it cannot be read": {2, 1, []int{1}, nil, func(p *plant) { p.pass(10 * m); p.said(); p.units[0].mute = true; p.pass(20 * m) }, "+2@5m32s", "1 2"},
		"nothing can be read": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.units[0].mute, p.units[1].mute = true, true
			p.pass(20 * m)
		}, "", "1"},
		"one does not start": {3, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.units[1].deaf = true
			p.move(p.units[0], false)
			p.pass(8 * m)
		}, "+2@32s +2@2m2s +3@3m32s", "3"},
		"it is the last resort": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.units[1].deaf = true
			p.move(p.units[0], false)
			p.pass(11 * m)
		}, "+2@32s +2@2m2s +1@10m2s", "1"},
		"warm": {2, 1, []int{1}, nil, func(p *plant) { p.pass(10 * m); p.said(); p.degrees = 28; p.pass(10 * m) }, "+2@1m32s", "1 2"},
		"warm for a moment": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.degrees = 28
			p.pass(50 * s)
			p.degrees = 26
			p.pass(10 * m)
		}, "", "1"},
		"cool again": {2, 1, []int{1}, nil, func(p *plant) { p.degrees = 28; p.pass(20 * m); p.said(); p.degrees = 24; p.pass(10 * m) },
			"-2@1m2s", "1"},
		"between the two it goes on": {2, 1, []int{1}, nil, func(p *plant) { p.degrees = 28; p.pass(20 * m); p.said(); p.degrees = 26; p.pass(time.Hour) }, "", "1 2"},
		"the mains go and come": {3, 3 - 1, []int{1, 2}, nil, func(p *plant) {
			p.pass(10 * m)
			p.power(true)
			p.pass(20 * m)
			p.said()
			p.power(false)
			p.pass(10 * m)
		}, "+1@32s +2@1m2s", "1 2"},
		"a blink of the mains": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.power(true)
			p.pass(4 * s)
			p.said()
			p.power(false)
			p.pass(10 * m)
		}, "+2@32s +1@2m58s -2@5m34s", "1"},
		"they restart by themselves": {2, 1, []int{1}, nil, func(p *plant) {
			p.units[0].restart = true
			p.pass(10 * m)
			p.power(true)
			p.pass(20 * m)
			p.said()
			p.power(false)
			p.pass(10 * m)
		}, "", "1"},
		"one runs too many": {2, 1, []int{1, 2}, nil, func(p *plant) { p.pass(time.Hour) }, "-2@5m2s", "1"},
		"by hand": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.said()
			p.Hand(p.now, "ac1/on", "li")
			p.move(p.units[0], false)
			p.pass(20 * m)
		}, "+2@31s", "2"},
		"given back": {2, 1, []int{1}, nil, func(p *plant) {
			p.pass(10 * m)
			p.Hand(p.now, "ac1/on", "li")
			p.move(p.units[0], false)
			p.pass(20 * m)
			p.said()
			if err := p.Release(p.now, "cooling", "ac1", false, "li"); err != nil {
				p.t.Error(err)
			}
			p.pass(20 * m)
		}, "+1@1s -2@32s", "1"},
		"weekly": {2, 1, []int{1}, func(d *Team) { d.RotateDay, d.RotateAt = "monday", "10:00" }, func(p *plant) { p.pass(6 * time.Hour); p.said(); p.pass(2 * time.Hour) },
			"+2@1h0m0s -1@1h0m32s", "2"},
		"by the clock of nobody": {2, 1, []int{1}, func(d *Team) { d.RotateDay, d.RotateAt = "monday", "10:00" }, func(p *plant) { p.now.Clock = point.ClockUnknown; p.pass(8 * time.Hour) }, "", "1"},
		"by hours of duty":       {3, 1, []int{1}, func(d *Team) { d.RotateEvery = 4 * time.Hour }, func(p *plant) { p.pass(3 * time.Hour); p.said(); p.pass(6 * time.Hour) }, "+2@1h0m2s -1@1h0m34s +3@5h0m4s -2@5h0m36s", "3"},
		"it does not stop":       {2, 1, []int{1, 2}, nil, func(p *plant) { p.units[1].deaf = true; p.pass(time.Hour) }, "-2@5m2s -2@6m2s", "1 2"},
	} {
		t.Run(name, func(t *testing.T) {
			d := cooling(c.n, c.duty)
			if c.change != nil {
				c.change(&d)
			}
			p := newPlant(t, d, c.on...)
			c.do(p)
			if got := p.said(); got != c.want || p.running() != c.runs {
				t.Errorf("orders %q, want %q; running %q, want %q", got, c.want, p.running(), c.runs)
			}
		})
	}
}

func TestWhatIsTold(t *testing.T) {
	p := newPlant(t, cooling(2, 1), 1)
	p.pass(10 * time.Minute)
	p.units[0].deaf, p.units[1].deaf = true, true
	p.move(p.units[0], false)
	p.pass(10 * time.Minute)
	for _, key := range []string{"team/cooling/ac1", "team/cooling/ac2", "team/cooling/short"} {
		if !p.alarms[key] {
			t.Errorf("%s does not stand: %v", key, p.alarms)
		}
	}
	v := p.Views()[0]
	if !v.Short || v.Units[1].Faulty.IsZero() || v.Why.Zh == "" {
		t.Errorf("%+v", v)
	}
	p.units[1].deaf = false
	p.pass(15 * time.Minute)
	if p.alarms["team/cooling/ac2"] || p.alarms["team/cooling/short"] || p.running() != "2" {
		t.Errorf("they stand on: %v, running %s", p.alarms, p.running())
	}
}

func TestARestartOfTheBoxChangesNothing(t *testing.T) {
	d := cooling(3, 1)
	p := newPlant(t, d, 2)
	p.pass(3 * time.Hour)
	p.Hand(p.now, "ac3/on", "li")
	p.pass(time.Minute)
	before := p.Views()[0]
	p.said()
	p.restart(d)
	p.pass(time.Hour)
	after := p.Views()[0]
	if got := p.said(); got != "" || !after.Units[1].OnDuty || !after.Units[2].Hand || after.Units[2].By != "li" || after.Units[1].Hours < before.Units[1].Hours-0.3 {
		t.Errorf("orders %q, before %+v, after %+v", got, before, after)
	}
}

func TestNothingIsOrderedBeforeTheRetainedStateIsKnown(t *testing.T) {
	p := newPlant(t, cooling(2, 1))
	p.Machine, _ = New([]Team{cooling(2, 1)}, nil)
	p.now = p.now.Add(time.Second)
	for range 1000 {
		p.read()
		p.Tick(p.now)
		p.settle()
		p.now = p.now.Add(time.Second)
	}
	if p.said() != "" || p.Next() != point.Never {
		t.Error("it ordered")
	}
}

func TestAReloadKeepsTheTeam(t *testing.T) {
	d := cooling(3, 1)
	p := newPlant(t, d, 2)
	p.pass(time.Hour)
	d.Members = append(d.Members[1:], Member{ID: "ac9", Run: "ac9/on"})
	if errs := p.Reload(p.now, []Team{d}, time.UTC); len(errs) > 0 {
		t.Fatal(errs)
	}
	p.pass(time.Hour)
	if v := p.Views()[0]; p.said() != "" || !v.Units[0].OnDuty || v.Units[0].Hours < 1.9 {
		t.Errorf("%+v", p.Views()[0])
	}
	p.Reload(p.now, nil, time.UTC)
	p.settle()
	if len(p.kept) != 0 {
		t.Errorf("kept: %v", p.kept)
	}
}

func TestAnAlarmTakesAUnitOut(t *testing.T) {
	d := cooling(2, 1)
	d.Members[0].Alarms = []string{"ac-alarm/ac1*"}
	p := newPlant(t, d, 1)
	p.pass(10 * time.Minute)
	p.said()
	p.Alarms(p.now, []*alarm.Alarm{{Definition: alarm.Definition{Key: "ac-alarm/ac1/alarm"}, Active: true}})
	p.pass(time.Minute)
	if got := p.said(); got != "+2@31s" {
		t.Error(got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for name, change := range map[string]func(d *Team){
		"one member":     func(d *Team) { d.Members = d.Members[:1] },
		"nine members":   func(d *Team) { *d = cooling(9, 1) },
		"no reserve":     func(d *Team) { d.Duty = 2 },
		"assist":         func(d *Team) { d.AssistBelow = 30 },
		"time":           func(d *Team) { d.RotateAt = "25:00" },
		"day":            func(d *Team) { d.RotateDay = "someday" },
		"the same twice": func(d *Team) { d.Members[1].Run = d.Members[0].Run },
	} {
		d := cooling(2, 1)
		change(&d)
		if m, errs := New([]Team{d}, nil); len(errs) != 1 || len(m.Views()) != 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
	p := newPlant(t, cooling(2, 1))
	if err := p.Release(p.now, "cooling", "ac7", true, "li"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := p.Release(p.now, "cooling", "ac1", false, "li"); !errors.Is(err, ErrState) {
		t.Error(err)
	}
}
