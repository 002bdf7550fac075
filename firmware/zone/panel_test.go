package zone

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// room is the definition that the tests use.
func room() Definition {
	return Definition{
		Partitions: []Partition{{ID: "main", ExitDelay: 30 * time.Second, EntryDelay: 20 * time.Second}},
		Zones: []Zone{
			{ID: "panic", Input: "z/panic", Type: "panic"},
			{ID: "tamper", Input: "z/tamper", Type: "tamper"},
			{ID: "fire", Input: "z/fire", Type: "fire"},
			{ID: "water", Input: "z/water", Type: "environment"},
			{ID: "door", Input: "z/door", Type: "entry", Partition: "main"},
			{ID: "hall", Input: "z/hall", Type: "follower", Partition: "main"},
			{ID: "window", Input: "z/window", Type: "instant", Partition: "main"},
		},
		Doors: []Door{{ID: "d1", Contact: "d/contact", Exit: "d/exit", Reader: "d/card", Strike: "d/strike", Unlock: 5 * time.Second, HeldOpen: time.Minute}},
		Admit: func(door, card string, _ point.Instant) (string, string) {
			if card == "42" {
				return "wang", ""
			}
			return "", "unknown card"
		},
	}
}

// bench drives a panel by short words and keeps what came out.
type bench struct {
	*testing.T
	panel   *Panel
	now     point.Instant
	active  map[string]bool
	records []event.Record
	pulses  []Pulse
	kept    map[string][]byte
	flashed []string // keys that were raised, also those that were let go at once
}

func newBench(t *testing.T, d Definition) *bench {
	t.Helper()
	p, errs := New(d)
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	return &bench{T: t, panel: p, active: map[string]bool{}, kept: map[string][]byte{}, now: point.Instant{Boot: "b", Mono: time.Minute}}
}

// rest reads every contact at rest.
func (b *bench) rest() *bench {
	for _, n := range []point.Name{"z/panic", "z/tamper", "z/fire", "z/water", "z/door", "z/hall", "z/window", "d/contact", "d/exit"} {
		b.do(string(n) + "=0")
	}
	b.records = nil
	return b
}

// do carries out words such as "z/door=1", "z/door=?", "card 42", "+20s",
// "arm main". A refused order is reported as "!error".
func (b *bench) do(words ...string) {
	b.Helper()
	for _, w := range words {
		name, value, isSample := strings.Cut(w, "=")
		verb, target, _ := strings.Cut(w, " ")
		switch {
		case isSample:
			b.panel.Sample(b.now, sampleOf(name, value, b.now))
		case verb == "card":
			b.panel.Sample(b.now, point.Sample{Point: "d/card", Value: point.OfText(target), At: b.now})
		case verb == "in", verb == "out": // in lab 42: a card at the door's reader, or at the one inside
			door, number, _ := strings.Cut(target, " ")
			b.panel.Sample(b.now, point.Sample{Point: point.Join(door, verb), Value: point.OfText(number), At: b.now})
		case verb == "forgive":
			if err := b.panel.Forgive(b.now, target, "li"); err != nil {
				b.records = append(b.records, event.Record{Type: event.Type("!" + err.Error())})
			}
		case w[0] == '+':
			d, _ := time.ParseDuration(w[1:])
			b.now = b.now.Add(d)
			b.panel.Tick(b.now)
		default:
			target, mode, _ := strings.Cut(target, " ")
			verb, duress := strings.CutSuffix(verb, "!")
			err := b.panel.Command(b.now, Order{Verb: verb, Target: target, Mode: mode, Duress: duress, Actor: "li"})
			b.settle()
			if err != nil {
				b.records = append(b.records, event.Record{Type: event.Type("!" + err.Error())})
			}
		}
		b.settle()
	}
}

func sampleOf(name, value string, now point.Instant) point.Sample {
	s := point.Sample{Point: point.Name(name), Value: point.OfBool(value == "1"), At: now}
	if ohms, ok := strings.CutSuffix(value, "Ω"); ok {
		f, _ := strconv.ParseFloat(ohms, 64)
		s.Value = point.OfReal(f)
	}
	if value == "?" {
		s.Value, s.Quality = point.Value{}, point.BadBecause(point.Timeout)
	}
	return s
}

func (b *bench) settle() {
	signals, records, pulses := b.panel.Take()
	for _, s := range signals {
		if b.active[s.Key] = s.Active; s.Active {
			b.flashed = append(b.flashed, s.Key)
		}
	}
	b.records = append(b.records, records...)
	b.pulses = append(b.pulses, pulses...)
	for _, r := range b.panel.Retained() {
		if b.kept[r.Key] = r.Value; r.Value == nil {
			delete(b.kept, r.Key)
		}
	}
}

// standing lists the active alarms.
func (b *bench) standing() string {
	var all []string
	for key, active := range b.active {
		if active {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// told lists the types of the records since the last call.
func (b *bench) told() string {
	var all []string
	for _, r := range b.records {
		all = append(all, string(r.Type))
	}
	b.records = nil
	return strings.Join(all, " ")
}

func (b *bench) mode() Mode { return b.panel.View().Partitions[0].Mode }

// again starts the panel anew from what was kept, in another boot.
func (b *bench) again(d Definition) *bench {
	c := newBench(b.T, d)
	c.now = point.Instant{Boot: "c", Mono: time.Second}
	c.panel.Restore(c.now, b.kept)
	c.kept = b.kept
	c.settle()
	return c
}

func TestStories(t *testing.T) {
	for _, c := range []struct{ name, story, standing, told, mode string }{
		{"panic while disarmed", "z/panic=1", "zone/panic", "", "disarmed"},
		{"panic follows its contact; the alarm machine latches", "z/panic=1;z/panic=0", "", "", "disarmed"},
		{"24-hour zones", "z/tamper=1;z/fire=1;z/water=1", "zone/fire zone/tamper zone/water", "door.freed", "disarmed"},
		{"disarmed zones are quiet", "z/door=1;z/hall=1;z/window=1", "", "", "disarmed"},
		{"panic is never bypassed", "bypass panic;z/panic=1", "zone/panic", "!bypass panic: a panic zone guards always, it is never bypassed", "disarmed"},
		{"fire is never bypassed", "bypass fire", "", "!bypass fire: a fire zone guards always, it is never bypassed", "disarmed"},
		{"exit delay", "arm main;+29s;z/window=1;z/window=0", "", "partition.arming", "exit-delay"},
		{"armed", "arm main;+30s", "", "partition.arming partition.armed", "armed"},
		{"instant", "arm main;+30s;z/window=1", "zone/window", "partition.arming partition.armed", "armed"},
		{"open at the end of the exit delay", "arm main;z/window=1;+30s", "zone/window", "partition.arming partition.armed", "armed"},
		{"door open at the end of the exit delay", "arm main;z/door=1;+30s", "", "partition.arming partition.armed partition.entry", "entry-delay"},
		{"follower off the entry route", "arm main;+30s;z/hall=1", "zone/hall", "partition.arming partition.armed", "armed"},
		{"entry route", "arm main;+30s;z/door=1;z/hall=1;+19s", "", "partition.arming partition.armed partition.entry", "entry-delay"},
		{"instant during entry", "arm main;+30s;z/door=1;z/window=1", "zone/window", "partition.arming partition.armed partition.entry", "entry-delay"},
		{"disarmed in time", "arm main;+30s;z/door=1;z/hall=1;+19s;disarm main;+1h", "", "partition.arming partition.armed partition.entry partition.disarmed", "disarmed"},
		{"not disarmed, door still open", "arm main;+30s;z/door=1;+20s", "zone/door", "partition.arming partition.armed partition.entry", "armed"},
		{"not disarmed, door closed again", "arm main;+30s;z/door=1;z/door=0;+20s", "zone/door", "partition.arming partition.armed partition.entry", "armed"},
		{"follower still moving when entry ran out", "arm main;+30s;z/door=1;z/hall=1;+20s", "zone/door zone/hall", "partition.arming partition.armed partition.entry", "armed"},
		{"disarm ends the intrusion", "arm main;+30s;z/door=1;+20s;disarm main", "", "partition.arming partition.armed partition.entry partition.disarmed", "disarmed"},
		{"disarm ends no panic", "z/panic=1;arm main;+30s;disarm main", "zone/panic", "partition.arming partition.armed partition.disarmed", "disarmed"},
		{"not ready", "z/window=1;arm main", "", "partition.refused !arm main: cannot be armed, zones are not ready: window: not at rest", "disarmed"},
		{"door left open", "z/door=1;arm main", "", "partition.refused !arm main: cannot be armed, zones are not ready: door: not at rest", "disarmed"},
		{"person on the way out", "z/hall=1;arm main", "", "partition.arming", "exit-delay"},
		{"loop fault", "z/window=?;arm main", "zone/window/trouble", "partition.refused !arm main: cannot be armed, zones are not ready: window: loop fault", "disarmed"},
		{"force", "z/window=1;force-arm main;+30s;z/window=0;z/window=1", "", "zone.bypassed partition.arming partition.armed", "armed"},
		{"bypass ends with disarm", "bypass window;z/window=1;arm main;+30s;disarm main;arm main", "",
			"zone.bypassed partition.arming partition.armed zone.unbypassed partition.disarmed partition.refused !arm main: cannot be armed, zones are not ready: window: not at rest", "disarmed"},
		{"no bypass while armed", "arm main;+30s;bypass window;z/window=1", "zone/window", "partition.arming partition.armed !bypass window: main is armed: disarm it first", "armed"},
		{"unbypass while armed", "force-arm main;bypass window;+30s;z/window=1;unbypass window", "zone/window", "partition.arming !bypass window: main is armed: disarm it first partition.armed", "armed"},
		{"a bad reading clears nothing", "z/fire=1;z/fire=?", "zone/fire zone/fire/trouble", "door.freed", "disarmed"},
		{"a good reading ends the trouble", "z/fire=1;z/fire=?;z/fire=1", "zone/fire", "door.freed", "disarmed"},
		{"armed twice", "arm main;arm main;+30s;arm main", "", "partition.arming partition.armed", "armed"},
		{"disarmed twice", "disarm main;disarm main", "", "", "disarmed"},
		{"unknown", "arm cellar;bypass nothing;dance main", "", "!arm cellar: there is no partition or zone cellar !bypass nothing: there is no partition or zone nothing !dance main: unknown order: want arm, force-arm, disarm, bypass, unbypass, walk-test, end-walk-test, consent or end-consent", "disarmed"},

		{"granted", "card 42;d/contact=1;+59s;d/contact=0", "", "door.granted", "disarmed"},
		{"denied", "card 43", "", "door.denied", "disarmed"},
		{"forced", "d/contact=1", "door/d1/forced", "door.forced", "disarmed"},
		{"forced and closed", "d/contact=1;d/contact=0", "", "door.forced door.closed", "disarmed"},
		{"grant ran out", "card 42;+5s;d/contact=1", "door/d1/forced", "door.granted door.forced", "disarmed"},
		{"one grant, one opening", "card 42;d/contact=1;d/contact=0;d/contact=1", "door/d1/forced", "door.granted door.forced", "disarmed"},
		{"exit", "d/exit=1;d/contact=1;d/exit=0", "", "door.exit", "disarmed"},
		{"exit, then open", "d/exit=1;d/exit=0;+4s;d/contact=1", "", "door.exit", "disarmed"},
		{"exit too long ago", "d/exit=1;d/exit=0;+5s;d/contact=1", "door/d1/forced", "door.exit door.forced", "disarmed"},
		{"held", "card 42;d/contact=1;+60s", "door/d1/held", "door.granted door.held", "disarmed"},
		{"held and closed", "card 42;d/contact=1;+60s;d/contact=0", "", "door.granted door.held door.closed", "disarmed"},
		{"fire frees the locks", "z/fire=1;d/contact=1", "zone/fire", "door.freed", "disarmed"},
		{"unreadable door", "d/contact=?", "door/d1/trouble", "", "disarmed"},
		{"forced stays through a bad reading", "d/contact=1;d/contact=?", "door/d1/forced door/d1/trouble", "door.forced", "disarmed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, room()).rest()
			b.do(strings.Split(c.story, ";")...)
			if got := b.standing(); got != c.standing {
				t.Errorf("standing: %s\nwant: %s", got, c.standing)
			}
			if got := b.told(); got != c.told {
				t.Errorf("told: %s\nwant: %s", got, c.told)
			}
			if got := string(b.mode()); got != c.mode {
				t.Errorf("mode: %s, want %s", got, c.mode)
			}
		})
	}
}

func TestReasonsStandBeforeTheDelay(t *testing.T) {
	b := newBench(t, room())
	if why := b.panel.View().Partitions[0].NotReady; len(why) != 3 || why[0].En != "door: not read yet" {
		t.Errorf("before anything was read: %v", why)
	}
	b.rest()
	if why := b.panel.View().Partitions[0].NotReady; len(why) != 0 {
		t.Errorf("at rest: %v", why)
	}
	b.do("z/window=1")
	if why := b.panel.View().Partitions[0].NotReady; len(why) != 1 || why[0].Zh != "window：未复位" {
		t.Errorf("window open: %v", why)
	}
	if err := b.panel.Command(b.now, Order{Verb: "arm", Target: "main", Actor: "li"}); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
}

func TestGrantPulsesTheStrikeAndNamesTheHolder(t *testing.T) {
	b := newBench(t, room()).rest()
	b.do("card 42")
	if len(b.pulses) != 1 || b.pulses[0] != (Pulse{"d1", "d/strike", 5 * time.Second}) {
		t.Errorf("pulses: %v", b.pulses)
	}
	r := b.records[0]
	if r.Actor != "wang" || r.Text.Zh != "d1 放行 wang" || string(r.Detail) != `{"card":"**"}` {
		t.Errorf("record: %+v", r)
	}
	if v := b.panel.View().Doors[0]; v.LastWho != "wang" || v.LastCard != "**" || v.State != "closed" {
		t.Errorf("view: %+v", v)
	}
	b.do("card 99887766")
	if r := b.records[1]; r.Type != event.DoorDenied || !strings.Contains(r.Text.Zh, "未登记的卡") || !strings.Contains(string(r.Detail), "99887766") {
		t.Errorf("record: %+v %s", r, r.Detail)
	}
	if len(b.pulses) != 1 {
		t.Error("a refused card opened the door")
	}
}

// TestACardThatIsToldAgainOpensNothing: after a reload everything known is told
// once more; a card that was heard meanwhile is not among it and counts.
func TestACardThatIsToldAgainOpensNothing(t *testing.T) {
	b := newBench(t, room()).rest()
	s := point.Sample{Point: "d/card", Value: point.OfText("42"), At: b.now}
	b.panel.Sample(b.now, s)
	d := room()
	d.Doors[0].ID, d.Doors[0].Strike = "d2", "d/other"
	for _, next := range []Definition{room(), d} {
		b.now = b.now.Add(time.Hour)
		if errs := b.panel.Reload(b.now, next); errs != nil {
			t.Fatal(errs)
		}
		b.panel.Recall(b.now, s)
	}
	if b.settle(); len(b.pulses) != 1 {
		t.Errorf("the same card opened %d times", len(b.pulses))
	}
	s.At.Mono = b.now.Mono - time.Second // stamped before the swap, handed over after it
	b.panel.Sample(b.now, s)
	if b.settle(); len(b.pulses) != 2 || b.pulses[1].Door != "d2" {
		t.Errorf("a card that was heard during the swap is lost: %v", b.pulses)
	}
}

func TestDefinitions(t *testing.T) {
	d := room()
	d.Zones[0].Silent = true
	d.Zones[3].Priority = 4
	p, _ := New(d)
	got := map[string]alarm.Definition{}
	for _, x := range p.Definitions() {
		got[x.Key] = x
	}
	if len(got) != 2*7+4+1+1+1 { // each zone and its trouble, the four of the door, the stuck button, duress, codes
		t.Errorf("%d definitions", len(got))
	}
	if x := got["zone/panic"]; x.Priority != 1 || !x.Latch || !x.Guarded || !x.Silent || x.Resound != 15*time.Minute || x.Class != alarm.ClassAlarm || x.OnDelay != 0 {
		t.Errorf("panic: %+v", x)
	}
	if x := got["zone/tamper"]; x.Priority != 2 || !x.Guarded {
		t.Errorf("tamper: %+v", x)
	}
	if x := got["zone/window"]; x.Priority != 1 || !x.Latch || x.Guarded {
		t.Errorf("window: %+v", x)
	}
	if got["zone/water"].Priority != 4 || got["door/d1/forced"].Priority != 2 || got["door/d1/held"].Priority != 3 {
		t.Error("priorities")
	}
	for key, x := range got {
		if x.Label.Zh == "" || x.Label.En == "" {
			t.Errorf("%s has no label", key)
		}
	}
}

func TestBrokenDefinitionsAreLeftOutAndNamed(t *testing.T) {
	d := room()
	d.Zones = append(d.Zones, Zone{ID: "panic", Input: "x/y", Type: "panic"}, Zone{ID: "a", Type: "panic"}, Zone{ID: "b", Input: "x/y", Type: "laser"},
		Zone{ID: "c", Input: "x/y", Type: "instant", Partition: "cellar"}, Zone{Input: "x/y", Type: "fire"})
	d.Doors = append(d.Doors, Door{ID: "d2", Unlock: 1, HeldOpen: 1})
	p, errs := New(d)
	if len(errs) != 6 || len(p.zones) != 7 || len(p.doors) != 1 {
		t.Errorf("%d zones, %d doors, %v", len(p.zones), len(p.doors), errs)
	}
	b := newBench(t, room()).rest()
	if errs := b.panel.Reload(b.now, d); len(errs) != 6 {
		t.Error(errs)
	}
	if b.do("z/panic=1"); b.standing() != "zone/panic" {
		t.Error("a refused reload changed the panel")
	}
}

func ExamplePanel() {
	p, _ := New(Definition{Zones: []Zone{{ID: "panic", Input: "oc/panic", Type: "panic"}}})
	p.Sample(point.Instant{}, point.Sample{Point: "oc/panic", Value: point.OfBool(true)})
	signals, _, _ := p.Take()
	for _, s := range signals {
		fmt.Println(s.Key, s.Active)
	}
	// Output:
	// zone/panic/trouble false
	// zone/panic true
}
