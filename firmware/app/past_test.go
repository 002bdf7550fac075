package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/backtest"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/zone"
)

// guardedSite has the one contact on a window instead of the panic button.
var guardedSite = strings.Replace(siteFile, "  - {id: panic, label: {zh: 紧急, en: Panic}, input: oc/panic, type: panic, room: oc}\n",
	"  - {id: window, label: {zh: 窗, en: Window}, input: oc/panic, type: instant, partition: main, room: oc, modes: [away]}\n"+
		"partitions:\n  - {id: main, label: {zh: 机房, en: Room}, exit-delay: 30s}\n", 1)

// A window is asked about half a day later: each moment by what was kept of it,
// over two restarts and by the site file of then.
func TestWhyAZoneDidNotRingThen(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		order := func(v engine.Verb, target, mode string) {
			t.Helper()
			if err := h.Do(ctx, engine.Command{Verb: v, Target: target, Mode: mode, Actor: "li"}); err != nil {
				t.Fatal(err)
			}
			h.pass(time.Minute)
		}
		contact := func(open bool) { h.terminal.edges <- open; h.pass(time.Minute) }
		moments := map[string]time.Time{}
		note := func(name string) { moments[name] = time.Now(); h.pass(time.Minute) }
		h.write(guardedSite)
		h.start()
		h.pass(time.Minute)
		contact(true)
		note("disarmed")
		contact(false)
		order(engine.Arm, "main", "stay")
		contact(true)
		note("stay")
		contact(false)
		order(engine.Disarm, "main", "")
		order(engine.Bypass, "window", "")
		order(engine.Arm, "main", "")
		contact(true)
		note("bypassed")
		contact(false)
		order(engine.Disarm, "main", "")
		order(engine.Arm, "main", "")
		contact(true)
		note("rang")
		contact(false)
		h.end()
		h.pass(time.Hour)
		note("off")
		h.pass(time.Hour)
		h.start()
		h.pass(10 * time.Minute)
		note("at rest")
		h.write(strings.Replace(guardedSite, "modes: [away]", "modes: [away, stay]", 1))
		if err := h.Reload(ctx, "li"); err != nil {
			t.Fatal(err)
		}
		order(engine.Disarm, "main", "")
		h.pass(7 * time.Hour)
		h.end()
		h.start()
		defer h.end()
		h.pass(7 * time.Hour)
		now, err := h.Explain(ctx, "zone/window", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]struct{ verdict, zh string }{
			"disarmed": {"quiet", "窗入侵：报警条件不成立，未报警（触点已动作；「机房」未布防）"},
			"stay":     {"quiet", "窗入侵：报警条件不成立，未报警（触点已动作；「机房」按「留守」布防，不含此防区）"},
			"bypassed": {"quiet", "窗入侵：报警条件不成立，未报警（触点已动作；此防区已旁路，至「机房」撤防为止）"},
			"rang":     {"raised", "窗入侵：报警条件成立，报警（触点已动作；「机房」已布防）"},
			"at rest":  {"quiet", "窗入侵：报警条件不成立，未报警（触点静止；「机房」已布防）"},
		} {
			d, err := h.Explain(ctx, "zone/window", moments[name])
			if err != nil || d.Verdict != want.verdict || d.Text.Zh != want.zh || !d.At.Wall.Equal(moments[name]) || len(d.Inputs) != 1 || !d.Inputs[0].Quality.Usable() {
				t.Errorf("%s: %v %+v", name, err, d)
			}
			if d.Version == "" || d.Version == now.Version {
				t.Errorf("%s: judged by version %q, now is %q", name, d.Version, now.Version)
			}
			if raised := h.record(event.AlarmRaised, "zone/window"); name == "rang" && d.Origin != raised.ID {
				t.Errorf("the occurrence is %v, want %v", d.Origin, raised.ID)
			}
		}
		var untold *backtest.NotKept
		for name, at := range map[string]time.Time{"off": moments["off"], "before": h.began.Add(-time.Hour)} {
			if d, err := h.Explain(ctx, "zone/window", at); !errors.As(err, &untold) || untold.Zh == "" {
				t.Errorf("%s: %+v %v", name, d, err)
			}
		}
	})
}

// The journal tells the replay what a person had put aside, of a rule's alarm too.
// The journal is read back to the last card that a door let through: where there
// is a way in by card that one, for it ends a row of refused ones as well; else the
// one that let somebody out.
func TestWhatTheJournalOfADoorBeginsWith(t *testing.T) {
	in := event.Record{Type: event.DoorGranted, Subject: "door/front", Actor: "wang"}
	out := event.Record{Type: event.DoorExit, Subject: "door/front", Actor: "wang"}
	button := event.Record{Type: event.DoorExit, Subject: "door/front"}
	other := event.Record{Type: event.DoorGranted, Subject: "door/back", Actor: "wang"}
	for _, c := range []struct {
		door   zone.Door
		begins []bool // in, out, button, other
	}{
		{zone.Door{ID: "front", Reader: "r"}, []bool{true, false, false, false}},
		{zone.Door{ID: "front", Reader: "r", ExitReader: "x"}, []bool{true, false, false, false}},
		{zone.Door{ID: "front", ExitReader: "x"}, []bool{false, true, false, false}},
		{zone.Door{ID: "front"}, []bool{true, true, true, true}},
	} {
		_, begins := tellers(zone.Definition{Doors: []zone.Door{c.door}})
		for i, r := range []event.Record{in, out, button, other} {
			if begins(r) != c.begins[i] {
				t.Errorf("%+v begins with %+v: %v", c.door, r, begins(r))
			}
		}
	}
}

func TestWhatWasPutAsideThenIsTold(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		h.start()
		defer h.end()
		key := "hot/meter/temperature"
		if err := h.Do(ctx, engine.Command{Verb: engine.Shelve, Target: key, Actor: "li", Comment: "repair", Until: h.clock().Wall.Add(30 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		h.pass(10 * time.Minute)
		then := time.Now()
		h.pass(time.Hour)
		d, err := h.Explain(ctx, key, then)
		if err != nil || d.Verdict != alarm.VerdictShelved || !strings.Contains(d.Text.Zh, "（li）") {
			t.Errorf("%v %+v", err, d)
		}
		if d, err := h.Explain(ctx, key, time.Now().Add(-time.Minute)); err != nil || d.Verdict != alarm.VerdictQuiet {
			t.Errorf("after its end: %v %+v", err, d)
		}
	})
}
