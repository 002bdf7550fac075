package zone

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// lab is a machine room behind a trap of two doors: from outside into the lock,
// from the lock into the room.
func lab() Definition {
	door := func(id, area, from, passback string) Door {
		return Door{ID: id, Room: area, Contact: point.Join(id, "contact"), Exit: point.Join(id, "exit"), Reader: point.Join(id, "in"), ExitReader: point.Join(id, "out"),
			Strike: point.Join(id, "strike"), Unlock: 5 * time.Second, HeldOpen: time.Minute, Warn: 15 * time.Second, Area: area, From: from,
			AntiPassback: passback, ForgiveAfter: 12 * time.Hour, SecondWithin: 15 * time.Second, WrongCards: 5}
	}
	outer, inner := door("outer", "lock", "", "soft"), door("inner", "room", "lock", "hard")
	outer.Interlock, inner.Interlock = "trap", "trap"
	vault := door("vault", "safe", "", "off")
	vault.TwoPerson = true
	return Definition{
		Zones: []Zone{{ID: "fire", Input: "z/fire", Type: "fire"}, {ID: "smoke", Input: "z/smoke", Type: "fire"}},
		Doors: []Door{outer, inner, vault},
		Rooms: map[string]point.Words{"room": {Zh: "机房", En: "Machine room"}},
		Admit: func(door, card string, _ point.Instant) (string, string) {
			names := map[string]string{"1": "wang", "11": "wang", "2": "li", "3": "zhao", "4": "qian"}
			switch {
			case names[card] == "":
				return "", UnknownCard
			case card == "4":
				return "qian", Expired
			}
			return names[card], ""
		},
	}
}

func newLab(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, lab())
	b.do("z/fire=0", "z/smoke=0", "outer/contact=0", "inner/contact=0", "vault/contact=0")
	b.records = nil
	return b
}

// through is a person who passes a door and closes it.
func through(way, door, card string) string {
	return fmt.Sprintf("%s %s %s;%s/contact=1;+1s;%s/contact=0;+1s", way, door, card, door, door)
}

// lists shows who is where: "lock: wang; room: li? zhao!" (? unsure, ! left).
func (b *bench) lists() string {
	var all []string
	for _, a := range b.panel.View().Areas {
		words := a.ID + ":"
		for _, i := range a.People {
			words += " " + i.Who + map[bool]string{true: "?"}[i.Unsure] + map[bool]string{true: "!"}[i.Left]
		}
		if a.Frozen {
			words += " (frozen)"
		}
		if len(a.People) > 0 {
			all = append(all, words)
		}
	}
	return strings.Join(all, "; ")
}

// reasons lists why cards were denied, in English.
func (b *bench) reasons() string {
	var all []string
	for _, r := range b.records {
		if r.Type == event.DoorDenied {
			_, why, _ := strings.Cut(r.Text.En, ": ")
			all = append(all, why)
			if _, zh, ok := strings.Cut(r.Text.Zh, "："); !ok || strings.ContainsAny(strings.ReplaceAll(strings.ReplaceAll(zh, "inner", ""), "outer", ""), "abcdefghijklmnopqrstuvwxyz") {
				b.Errorf("not Chinese: %s", r.Text.Zh)
			}
		}
	}
	return strings.Join(all, ", ")
}

func TestPassages(t *testing.T) {
	in1, in2 := through("in", "outer", "1")+";"+through("in", "inner", "1"), through("in", "outer", "2")+";"+through("in", "inner", "2")
	for _, c := range []struct{ name, story, lists, denied, told string }{
		{"in by both doors", in1, "room: wang", "", "door.granted door.granted"},
		{"a person is in one place", through("in", "outer", "1"), "lock: wang", "", "door.granted"},
		{"granted, and the door was not opened", "in outer 1;+6s", "", "", "door.granted"},
		{"granted, opened too late", "in outer 1;+6s;outer/contact=1", "", "", "door.granted door.forced"},
		{"out again", in1 + ";" + through("out", "inner", "1") + ";" + through("out", "outer", "1"), "", "", "door.granted door.granted door.exit door.exit"},
		{"two who pass one opening", "in vault 1;in vault 2;vault/contact=1", "safe: li wang", "", "door.waiting door.granted"},
		{"the second of one opening", "in outer 1;in outer 2;outer/contact=1", "lock: wang li", "", "door.granted door.granted"},
		{"into an open door", "in outer 1;outer/contact=1;+1s;in outer 2", "lock: wang li", "", "door.granted door.granted"},
		{"a contact that cannot be read", "outer/contact=?;in outer 1", "lock: wang", "", "door.granted"},

		{"hard: passed back", in1 + ";in inner 1", "room: wang", "already inside", "door.granted door.granted door.denied"},
		{"hard: another card of the same person", in1 + ";in inner 11", "room: wang", "already inside", "door.granted door.granted door.denied"},
		{"hard: another person", in1 + ";" + in2, "room: wang li", "", "door.granted door.granted door.granted door.granted"},
		{"hard: after leaving", in1 + ";" + through("out", "inner", "1") + ";" + through("in", "inner", "1"), "room: wang", "", "door.granted door.granted door.exit door.granted"},
		{"soft: recorded and let in", through("in", "outer", "1") + ";in outer 1", "lock: wang", "", "door.granted door.granted"},
		{"somebody left by the button: nobody is sure", in1 + ";inner/exit=1;inner/contact=1;inner/contact=0;inner/exit=0;+10s", "room: wang?", "", "door.granted door.granted door.exit"},
		{"unsure is let in, once", in1 + ";inner/exit=1;inner/contact=1;inner/contact=0;inner/exit=0;+10s;" + through("in", "inner", "1") + ";in inner 1", "room: wang", "already inside",
			"door.granted door.granted door.exit door.granted door.denied"},
		{"forced: nobody is sure", in1 + ";inner/contact=1", "room: wang?", "", "door.granted door.granted door.forced"},
		{"forgiven after 12 h", in1 + ";+12h;in inner 1", "room: wang", "", "door.granted door.granted door.granted"},
		{"not after 11 h", in1 + ";+11h;in inner 1", "room: wang", "already inside", "door.granted door.granted door.denied"},
		{"forgiven by a person", in1 + ";forgive wang;in inner 1;inner/contact=1", "room: wang", "", "door.granted door.granted door.forgiven door.granted"},
		{"a room forgiven", in1 + ";" + in2 + ";forgive room", "", "", "door.granted door.granted door.granted door.granted door.forgiven door.forgiven"},
		{"nobody to forgive", "forgive sun;forgive room", "", "", "!forgive sun: sun is neither a room that doors lead into nor the name of somebody inside"},

		{"the exit reader lets a stranger out", in1 + ";" + through("out", "inner", "99"), "room: wang?", "", "door.granted door.granted door.exit"},
		{"and a card that has expired", "out inner 4;inner/contact=1", "lock: qian", "", "door.exit"},
		{"and through an interlock", "in outer 1;outer/contact=1;out inner 2;inner/contact=1", "lock: wang li", "", "door.granted door.exit"},

		{"interlock", "in outer 1;outer/contact=1;in inner 2", "lock: wang", "interlock: outer is open", "door.granted door.denied"},
		{"interlock: released, not open yet", "in outer 1;in inner 2", "", "interlock: outer is released", "door.granted door.denied"},
		{"interlock: closed again", "in outer 1;outer/contact=1;outer/contact=0;in inner 2", "lock: wang", "", "door.granted door.granted"},
		{"interlock: the exit button opens the other", "outer/exit=1;in inner 2", "", "interlock: outer is released", "door.exit door.denied"},

		{"two persons", "in vault 1;+14s;in vault 2", "", "", "door.waiting door.granted"},
		{"too late", "in vault 1;+15s;in vault 2", "", "no second person", "door.waiting door.denied door.waiting"},
		{"alone", "in vault 1;+15s", "", "no second person", "door.waiting door.denied"},
		{"one person with two cards", "in vault 1;in vault 11", "", "another person's card must follow", "door.waiting door.denied"},
		{"a second who may not", "in vault 1;in vault 4;in vault 99;in vault 3;vault/contact=1", "safe: zhao wang", "expired, unknown card", "door.waiting door.denied door.denied door.granted"},

		{"fire frees each door once", "z/fire=1;z/smoke=1;z/fire=0", "", "", "door.freed door.freed door.freed"},
		{"fire: nothing is forced, held or warned", "z/fire=1;inner/contact=1;+1h", "", "", "door.freed door.freed door.freed"},
		{"after the fire the door has its time", "z/fire=1;inner/contact=1;+1h;z/fire=0;+44s", "", "", "door.freed door.freed door.freed"},
		{"and then is held open", "z/fire=1;inner/contact=1;+1h;z/fire=0;+45s;+15s", "", "", "door.freed door.freed door.freed door.warned door.held"},
		{"fire: held open before, not any more", "in outer 1;outer/contact=1;+59s;z/fire=1;+1h", "lock: wang (frozen)", "", "door.granted door.warned door.freed door.freed door.freed"},
		{"fire again frees again", "z/fire=1;z/fire=0;z/fire=1", "", "", "door.freed door.freed door.freed door.freed door.freed door.freed"},
		{"forced after the fire", "z/fire=1;z/fire=0;inner/contact=1", "", "", "door.freed door.freed door.freed door.forced"},
		{"fire: the list stands still", in1 + ";" + in2 + ";z/fire=1;" + through("out", "inner", "1"), "room: wang! li (frozen)", "", "door.granted door.granted door.granted door.granted door.freed door.freed door.freed door.exit"},
		{"fire: nobody is forgiven", in1 + ";z/fire=1;forgive wang", "room: wang (frozen)", "",
			"door.granted door.granted door.freed door.freed door.freed !forgive wang: a fire zone is in alarm, the lists of those inside stand still until it is over"},
		{"after the fire", in1 + ";" + in2 + ";z/fire=1;" + through("out", "inner", "1") + ";z/fire=0", "room: li?", "", "door.granted door.granted door.granted door.granted door.freed door.freed door.freed door.exit"},
		{"fire bars nobody", in1 + ";in outer 2;outer/contact=1;z/fire=1;in inner 1;in vault 3;vault/contact=1", "lock: li (frozen); room: wang (frozen); safe: zhao (frozen)", "",
			"door.granted door.granted door.granted door.freed door.freed door.freed door.granted door.granted"},
		{"fire ends the waiting for a second", "in vault 1;z/fire=1;+1m", "", "", "door.waiting door.freed door.freed door.freed"},
		{"fire: an unknown card is unknown", "z/fire=1;in inner 99", "", "unknown card", "door.freed door.freed door.freed door.denied"},

		{"warned", "in outer 1;outer/contact=1;+45s", "lock: wang", "", "door.granted door.warned"},
		{"warned once, then held", "in outer 1;outer/contact=1;+45s;+10s;+5s;+1m", "lock: wang", "", "door.granted door.warned door.held"},
		{"warned and closed", "in outer 1;outer/contact=1;+45s;outer/contact=0;+1h", "lock: wang", "", "door.granted door.warned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newLab(t)
			b.do(strings.Split(c.story, ";")...)
			if got := strings.ReplaceAll(b.lists(), " (frozen)", ""); got != strings.ReplaceAll(c.lists, " (frozen)", "") || strings.Contains(c.lists, "frozen") != strings.Contains(b.lists(), "frozen") {
				t.Errorf("lists: %s\nwant: %s", b.lists(), c.lists)
			}
			if got := b.reasons(); got != c.denied {
				t.Errorf("denied: %s\nwant: %s", got, c.denied)
			}
			if got := b.told(); got != c.told {
				t.Errorf("told: %s\nwant: %s", got, c.told)
			}
		})
	}
}

func TestDoorStates(t *testing.T) {
	for story, want := range map[string]string{
		"":                                "closed",
		"in outer 1;outer/contact=1":      "open",
		"in outer 1;outer/contact=1;+45s": "warned",
		"in outer 1;outer/contact=1;+60s": "held",
		"outer/contact=1":                 "forced",
		"outer/contact=?":                 "trouble",
	} {
		b := newLab(t)
		if story != "" {
			b.do(strings.Split(story, ";")...)
		}
		if got := b.panel.View().Doors[0].State; got != want {
			t.Errorf("%q: %s, want %s", story, got, want)
		}
	}
	b := newLab(t)
	b.do("in vault 1")
	if v := b.panel.View().Doors[2]; v.Waiting != "wang" || v.Freed {
		t.Errorf("%+v", v)
	}
	b.do("z/fire=1")
	if v := b.panel.View().Doors[2]; v.Waiting != "" || !v.Freed {
		t.Errorf("%+v", v)
	}
}

// TestAWarningIsAtMostHalfOfTheTime: a short held-open leaves time to pass.
func TestAWarningIsAtMostHalfOfTheTime(t *testing.T) {
	d := lab()
	d.Doors[0].HeldOpen = 10 * time.Second
	b := newBench(t, d)
	b.do("outer/contact=0", "in outer 1", "outer/contact=1", "+4s")
	if b.panel.View().Doors[0].State != "open" {
		t.Error("warned too early")
	}
	if b.do("+1s"); b.panel.View().Doors[0].State != "warned" {
		t.Error("not warned at half")
	}
	d.Doors[0].Warn = 0
	b = newBench(t, d)
	b.do("outer/contact=0", "in outer 1", "outer/contact=1", "+9s")
	if b.told() != "door.granted" {
		t.Error("warned although it is off")
	}
}

// TestADoorLocksBehindWhoPassed: the rest of the strike's time opens it for nobody.
func TestADoorLocksBehindWhoPassed(t *testing.T) {
	b := newLab(t)
	b.do("in outer 1", "+1s", "outer/contact=1", "+1s", "outer/contact=0")
	if want := []Pulse{{"outer", "outer/strike", 5 * time.Second}, {"outer", "outer/strike", 0}}; !slices.Equal(b.pulses, want) {
		t.Errorf("pulses: %v", b.pulses)
	}
	b.do("in outer 2", "outer/contact=1", "+10s", "outer/contact=0")
	if len(b.pulses) != 3 {
		t.Errorf("the strike is at rest already: %v", b.pulses)
	}
}

// TestRestartOfTheLists: they are kept; what happened in between nobody knows.
func TestRestartOfTheLists(t *testing.T) {
	b := newLab(t)
	b.do(strings.Split(through("in", "outer", "1")+";"+through("in", "inner", "1")+";"+through("in", "outer", "2"), ";")...)
	since := b.panel.View().Areas[1].People[0].Since
	b = b.again(lab())
	if got := b.lists(); got != "lock: li?; room: wang?" {
		t.Fatal(got)
	}
	if i := b.panel.View().Areas[1].People[0]; i.Since.Wall != since.Wall || i.Since.Boot != since.Boot || i.Door != "inner" {
		t.Errorf("%+v, went in at %v", i, since)
	}
	b.do("z/fire=0", "outer/contact=0", "inner/contact=0")
	b.do(strings.Split(through("in", "inner", "1")+";in inner 1", ";")...)
	if b.lists() != "lock: li?; room: wang" || b.reasons() != "already inside" {
		t.Errorf("%s, denied %s", b.lists(), b.reasons())
	}
	c := newLab(t) // the store opens late: who has passed since is where he went
	c.do(strings.Split(through("in", "outer", "1"), ";")...)
	c.panel.Restore(c.now, b.kept)
	if c.lists() != "lock: li? wang" {
		t.Error(c.lists())
	}
	d := newLab(t)
	d.panel.Restore(d.now, map[string][]byte{"inside:room": []byte("{"), "inside:nowhere": []byte("[]")})
	d.settle()
	if d.lists() != "" || len(d.kept) != 0 {
		t.Errorf("%s, kept %q", d.lists(), d.kept)
	}
}

func TestReloadKeepsTheLists(t *testing.T) {
	b := newLab(t)
	b.do("in outer 1", "outer/contact=1", "in vault 2")
	d := lab()
	d.Doors[0].ID, d.Doors[0].Was = "front", "outer"
	d.Doors = append(d.Doors, Door{ID: "new", Contact: "n/contact", Unlock: time.Second, HeldOpen: time.Minute})
	b.panel.Reload(b.now, d)
	b.settle()
	if b.lists() != "lock: wang" || b.panel.View().Doors[2].Waiting != "li" {
		t.Errorf("%s %+v", b.lists(), b.panel.View().Doors[2])
	}
	b.do("in vault 3")
	if v := b.panel.View().Doors; v[2].LastWho != "zhao" || v[0].LastWho != "wang" || v[0].State != "open" {
		t.Errorf("%+v", v)
	}
	b.told()
	b.do("z/fire=1")
	b.told()
	d.Doors = append(d.Doors, Door{ID: "newer", Contact: "m/contact", Unlock: time.Second, HeldOpen: time.Minute})
	b.panel.Reload(b.now, d)
	if b.settle(); b.told() != "door.freed" {
		t.Error("a door that is new in the fire")
	}
	d.Doors = d.Doors[2:]
	b.panel.Reload(b.now, d)
	if b.settle(); b.kept["inside:lock"] != nil || b.lists() != "" {
		t.Errorf("kept %q", b.kept)
	}
}

func TestEveryRefusalIsChinese(t *testing.T) {
	for _, why := range []string{UnknownCard, NotThisDoor, NotYetValid, Expired, OutsideHours} {
		if inChinese(why) == why {
			t.Errorf("%s has no Chinese", why)
		}
	}
}

// TestTie: an alarm of a door, or of the room behind it, names whom the door let
// through last and under which record.
func TestTie(t *testing.T) {
	b := newLab(t)
	b.do(strings.Split(through("in", "outer", "1")+";"+through("in", "inner", "1"), ";")...)
	for i, r := range b.records {
		r.ID = event.ID{Sequence: uint64(i) + 1}
		b.panel.Recorded(r)
	}
	b.panel.Number(func(id event.ID) event.ID {
		if id.Sequence > 0 {
			id.Box, id.Epoch = "b", "e"
		}
		return id
	})
	tie := func(key, room string, kind alarm.Kind) string {
		g := b.panel.Tie(b.now, alarm.Alarm{Definition: alarm.Definition{Key: key, Room: room, Kind: kind}})
		if g == nil {
			return ""
		}
		return strings.Join([]string{g.Door, g.Who, g.Card, g.Record.String()}, " ")
	}
	b.do("inner/contact=1")
	if got := tie("door/inner/forced", "room", ""); got != "inner wang * b/e/2" {
		t.Error(got)
	}
	if last := b.records[len(b.records)-1]; last.Type != event.DoorForced || !strings.Contains(string(last.Detail), `"lastGrant":"b/e/2"`) {
		t.Errorf("%s %s", last.Type, last.Detail)
	}
	if got := tie("door/vault/forced", "safe", ""); got != "vault   " {
		t.Error(got)
	}
	if got := tie("zone/pir", "room", alarm.KindIntrusion); got != "inner wang * b/e/2" {
		t.Error(got)
	}
	if tie("zone/pir", "hall", alarm.KindIntrusion) != "" || tie("zone/fire", "room", alarm.KindFire) != "" {
		t.Error("tied to a door that has nothing to do with it")
	}
	b = b.again(lab())
	if got := tie("door/inner/held", "room", ""); got != "inner wang * b/e/2" {
		t.Errorf("after a restart: %s", got)
	}
	if tie("zone/pir", "room", alarm.KindIntrusion) != "" {
		t.Error("a grant of another boot counts as one of the last five minutes")
	}
}

func TestALongListIsBounded(t *testing.T) {
	d := lab()
	d.Admit = func(_, card string, _ point.Instant) (string, string) { return "p" + card, "" }
	b := newBench(t, d)
	b.do("outer/contact=0", "in outer 0", "outer/contact=1")
	for i := range mostInside + 10 {
		b.panel.Sample(b.now, point.Sample{Point: "outer/in", Value: point.OfText(fmt.Sprint(i)), At: b.now})
	}
	people := b.panel.View().Areas[0].People
	if len(people) != mostInside || !slices.ContainsFunc(people, func(i Insider) bool { return i.Who == fmt.Sprintf("p%d", mostInside+9) }) {
		t.Errorf("%d people", len(people))
	}
}
