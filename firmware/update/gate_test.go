package update

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
	"watchbox/firmware/zone"
)

// all is a box that can do everything.
func all() Senses {
	return Senses{
		Inputs: map[string]bool{"oc/panic": true, "door1/contact": true}, Devices: map[string]bool{"ups1": true, "crac1": true},
		Network: map[string]bool{"sw1": true}, Sounders: map[string]Proof{"oc/siren": Agrees, "oc/horn": Blind},
		Modems: map[string]bool{"sms": true}, Paths: map[string]bool{"platform": true}, Store: true, Page: true,
		Labels: map[string]point.Words{"ups1": {Zh: "一号 UPS", En: "UPS 1"}},
	}
}

// judged asks from the start on, every 5 s, until the gate does not wait.
func judged(before *Senses, now Senses, until time.Duration) (Verdict, time.Duration) {
	g := NewGate(before, GateSpan, GateLimit)
	var v Verdict
	at := 10 * time.Second
	for ; at <= until; at += 5 * time.Second {
		if v = g.Judge(at, now, true); v.Decision != Wait {
			break
		}
	}
	return v, at
}

func TestABoxThatSensesRingsAndSendsIsKeptAfterFiveMinutes(t *testing.T) {
	before := all()
	v, at := judged(&before, all(), time.Hour)
	if v.Decision != Keep || at != 5*time.Minute+10*time.Second {
		t.Errorf("%+v at %v", v, at)
	}
	if len(v.Unproven) != 1 || !strings.Contains(v.Unproven[0].En, "oc/horn") {
		t.Errorf("unproven: %v", v.Unproven)
	}
}

func TestOneThingThatIsLostGoesBackAndSaysWhat(t *testing.T) {
	for want, lose := range map[string]func(*Senses){
		"input is not read: oc/panic":            func(s *Senses) { s.Inputs["oc/panic"] = false },
		"input is not read: door1/contact":       func(s *Senses) { delete(s.Inputs, "door1/contact") },
		"device does not answer: UPS 1":          func(s *Senses) { s.Devices["ups1"] = false },
		"network device does not answer: sw1":    func(s *Senses) { s.Network["sw1"] = false },
		"oc/siren (the read-back contradicts)":   func(s *Senses) { s.Sounders["oc/siren"] = Contradicts },
		"oc/siren (the read-back is not read)":   func(s *Senses) { s.Sounders["oc/siren"] = Unread },
		"oc/siren (nothing is read back)":        func(s *Senses) { s.Sounders["oc/siren"] = Blind },
		"oc/horn (it cannot be driven)":          func(s *Senses) { s.Sounders["oc/horn"] = Undriven },
		"oc/siren (it is not there)":             func(s *Senses) { delete(s.Sounders, "oc/siren") },
		"modem is not registered: sms":           func(s *Senses) { s.Modems["sms"] = false },
		"upstream has taken no event yet: platf": func(s *Senses) { s.Paths["platform"] = false },
		"the database does not open":             func(s *Senses) { s.Store = false },
		"the page does not answer":               func(s *Senses) { s.Page = false },
	} {
		before, now := all(), all()
		lose(&now)
		v, at := judged(&before, now, time.Hour)
		if v.Decision != GiveUp || at < GateLimit || at > GateLimit+10*time.Second || len(v.Lacks) != 1 || !strings.Contains(v.Lacks[0].En, want) || v.Lacks[0].Zh == "" {
			t.Errorf("%s: %+v at %v", want, v, at)
		}
		lose(&before) // what was lost before is not asked for
		if v, _ := judged(&before, now, time.Hour); v.Decision != Keep {
			t.Errorf("%s was so before: %+v", want, v)
		}
	}
}

func TestOneOfManyNetworkDevicesMayBeOff(t *testing.T) {
	before, now := all(), all()
	for i := range 19 {
		before.Network[string(rune('a'+i))], now.Network[string(rune('a'+i))] = true, true
	}
	now.Network["a"], now.Network["b"] = false, false
	if v, _ := judged(&before, now, time.Hour); v.Decision != Keep {
		t.Errorf("two of twenty: %+v", v)
	}
	now.Network["c"] = false
	if v, _ := judged(&before, now, time.Hour); v.Decision != GiveUp || len(v.Lacks) != 3 {
		t.Errorf("three of twenty: %+v", v)
	}
}

func TestWithoutARecordTheLeastIsAskedFor(t *testing.T) {
	if v, _ := judged(nil, Senses{Store: true, Page: true}, time.Hour); v.Decision != Keep {
		t.Errorf("%+v", v)
	}
	if v, _ := judged(nil, Senses{Store: true}, time.Hour); v.Decision != GiveUp {
		t.Errorf("no page: %+v", v)
	}
}

func TestAPauseInProgressBeginsAnew(t *testing.T) {
	before := all()
	g := NewGate(&before, GateSpan, GateLimit)
	for at := time.Duration(0); at < GateLimit; at += 10 * time.Second {
		if v := g.Judge(at, all(), at%(4*time.Minute) != 0); v.Decision != Wait {
			t.Fatalf("at %v: %+v", at, v)
		}
	}
	if v := g.Judge(GateLimit, all(), true); v.Decision != GiveUp || len(v.Lacks) != 1 {
		t.Errorf("%+v", v)
	}
}

// A random box is kept only if each thing that was true before is true in that
// moment, told by other means than the gate's own.
func TestNothingIsKeptWithoutEveryWantedProof(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	keys := []string{"a", "b", "c"}
	random := func() (s Senses) {
		flags := func() map[string]bool {
			m := map[string]bool{}
			for _, k := range keys {
				if r.IntN(4) > 0 {
					m[k] = r.IntN(8) > 0
				}
			}
			return m
		}
		s = Senses{Inputs: flags(), Devices: flags(), Network: flags(), Modems: flags(), Paths: flags(), Store: r.IntN(8) > 0, Page: r.IntN(8) > 0, Sounders: map[string]Proof{}}
		for _, k := range keys {
			s.Sounders[k] = []Proof{Agrees, Agrees, Agrees, Agrees, Agrees, Blind, Contradicts, Unread, Undriven}[r.IntN(9)]
		}
		return s
	}
	kept := 0
	for range 1500 {
		before := random()
		g := NewGate(&before, GateSpan, GateLimit)
		began := time.Duration(-1)
		for at := time.Duration(0); ; at += time.Duration(r.IntN(60)) * time.Second {
			now, moves := random(), r.IntN(40) > 0
			if !moves {
				began = -1
			} else if began < 0 {
				began = at
			}
			v := g.Judge(at, now, moves)
			if v.Decision == Keep {
				kept++
				if began < 0 || at-began < GateSpan || !holds(before, now) {
					t.Fatalf("kept at %v, progress since %v: before %+v, now %+v", at, began, before, now)
				}
			}
			if v.Decision != Wait {
				if v.Decision == GiveUp && at < GateLimit {
					t.Fatalf("gave up at %v", at)
				}
				break
			}
		}
	}
	if kept < 20 {
		t.Errorf("only %d of 1500 were kept: the test says little", kept)
	}
}

func holds(before, now Senses) bool {
	for i, b := range []map[string]bool{before.Inputs, before.Devices, before.Network, before.Modems, before.Paths} {
		n := []map[string]bool{now.Inputs, now.Devices, now.Network, now.Modems, now.Paths}[i]
		for k, was := range b {
			if was && !n[k] {
				return false
			}
		}
	}
	for k, was := range before.Sounders {
		if is := now.Sounders[k]; was == Agrees && is != Agrees || was == Blind && is != Blind && is != Agrees {
			return false
		}
	}
	return (now.Store || !before.Store) && (now.Page || !before.Page)
}

func TestTheAlarmSituation(t *testing.T) {
	standing := func(priority int, acknowledged bool) []*alarm.Alarm {
		return []*alarm.Alarm{{Definition: alarm.Definition{Key: "x", Priority: priority, Label: point.Words{Zh: "漏水", En: "Leak"}},
			Active: true, Acknowledged: acknowledged, Occurrence: event.ID{Box: "b", Sequence: 1}}}
	}
	area := func(mode zone.Mode, as string) zone.View {
		return zone.View{Partitions: []zone.PartitionView{{ID: "main", Mode: mode, As: as, Label: point.Words{En: "Main"}}}}
	}
	for name, c := range map[string]struct {
		alarms    []*alarm.Alarm
		panel     zone.View
		sounding  []point.Words
		simulated []simulation.SimulationView
		want      int
	}{
		"quiet":              {},
		"priority 1":         {alarms: standing(1, false), want: 1},
		"priority 2":         {alarms: standing(2, false), want: 1},
		"priority 3":         {alarms: standing(3, false)},
		"acknowledged":       {alarms: standing(1, true)},
		"siren":              {sounding: []point.Words{{En: "Siren"}}, want: 1},
		"entry delay":        {panel: area(zone.Entering, zone.Stay), want: 1},
		"armed away":         {panel: area(zone.Armed, zone.Away), want: 1},
		"exit delay":         {panel: area(zone.Exiting, zone.Away), want: 1},
		"simulated":          {simulated: []simulation.SimulationView{{Title: point.Words{En: "Cold aisle"}}}, want: 1},
		"armed stay":         {panel: area(zone.Armed, zone.Stay)},
		"disarmed":           {panel: area(zone.Disarmed, "")},
		"everything at once": {alarms: standing(1, false), panel: area(zone.Armed, zone.Away), sounding: []point.Words{{En: "Siren"}}, want: 3},
	} {
		list := Obstacles(c.alarms, c.panel, c.sounding, c.simulated)
		if len(list) != c.want {
			t.Errorf("%s: %v", name, list)
		}
		refused := codeOf(allow(list, false, ""))
		if (refused == Situation) != (c.want > 0) || c.want > 0 && codeOf(allow(list, true, "")) != NoReason || allow(list, true, "fire door test") != nil {
			t.Errorf("%s: refused %q", name, refused)
		}
	}
}
