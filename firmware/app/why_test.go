package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/store"
)

const changedRules = `alarms:
  - {id: hot, label: {zh: 温度高, en: Hot}, points: [meter/temperature], when: {above: 24}, on-delay: 5m, priority: 3}
  - {id: gone, label: {en: Gone}, points: [meter/humidity], when: {above: 24}, priority: 3}
`

// The meter says 25 °C each second; the box is off for an hour in between.
func TestChangedRulesOnTheBoxsOwnPast(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		h.start()
		began := time.Now()
		h.pass(3 * time.Minute)
		h.end()
		h.pass(time.Hour)
		h.start()
		defer h.end()
		again := time.Now()
		h.pass(20 * time.Minute)
		r, problems, err := h.Backtest(ctx, []byte(changedRules), began, time.Now())
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		if len(r.Off) != 1 || r.Off[0].To.Sub(r.Off[0].From) < time.Hour || r.Off[0].To.Sub(r.Off[0].From) > time.Hour+time.Minute {
			t.Errorf("off %+v", r.Off)
		}
		if len(r.Old.Raises) != 0 || len(r.New.Raises) != 1 || !r.New.Raises[0].Only {
			t.Fatalf("old %+v\nnew %+v", r.Old, r.New)
		}
		// The delay that ran when the box stopped began again after the start.
		if late := r.New.Raises[0].At.Sub(again); late < 4*time.Minute+50*time.Second || late > 5*time.Minute+5*time.Second {
			t.Errorf("raised %v after the start", late)
		}
		if len(r.Refused) != 1 || r.Refused[0].Rule != "gone" {
			t.Errorf("refused %+v", r.Refused)
		}
		if c := r.Coverage; len(c) != 1 || c[0].Samples < 1200 || c[0].Resolution != time.Second {
			t.Errorf("coverage %+v", c)
		}
		if _, problems, err := h.Backtest(ctx, []byte("alarms: [{id: x}]"), began, time.Now()); err == nil || len(problems) == 0 || !strings.HasPrefix(problems[0].String(), "rules.yaml:1:") {
			t.Errorf("%v %v", problems, err)
		}
	})
}

func TestWhyItDidNotRing(t *testing.T) {
	inHouse(t, func(h *house) {
		ctx := context.Background()
		h.start()
		defer h.end()
		h.pass(10 * time.Minute)
		for what, at := range map[string]time.Time{"now": {}, "then": time.Now().Add(-5 * time.Minute)} {
			d, err := h.Explain(ctx, "hot/meter/temperature", at)
			if err != nil || d.Verdict != alarm.VerdictQuiet || len(d.Inputs) != 1 || !strings.HasPrefix(d.Inputs[0].Value, "25") || d.Text.Zh == "" {
				t.Errorf("%s: %+v %v", what, d, err)
			}
			if !at.IsZero() && (!d.At.Wall.Equal(at) || at.Sub(d.Inputs[0].At.Wall) > 2*time.Second) {
				t.Errorf("%s: %v on a reading of %v", what, d.At.Wall, d.Inputs[0].At.Wall)
			}
		}
		if _, err := h.Explain(ctx, "no/such", time.Now()); !errors.Is(err, ErrNoAlarm) {
			t.Errorf("%v", err)
		}
		h.terminal.edges <- true
		h.pass(time.Second)
		list, err := h.Decisions(ctx, store.DecisionQuery{Key: "zone/panic"})
		if err != nil || len(list) == 0 || list[len(list)-1].Verdict != alarm.VerdictRaised {
			t.Errorf("the why-log of the panic button: %+v %v", list, err)
		}
	})
}

// A file with some rules changes these and leaves the others as they are.
func TestChangedRulesAreLaidOverThePresentOnes(t *testing.T) {
	old := []alarm.Rule{{ID: "a", Priority: 1}, {ID: "b", Priority: 2}}
	got := changed(old, []alarm.Rule{{ID: "b", Priority: 4}, {ID: "c", Priority: 3}})
	if len(got) != 3 || got[0].Priority != 1 || got[1].Priority != 4 || got[2].ID != "c" || old[1].Priority != 2 {
		t.Errorf("%+v, of %+v", got, old)
	}
}
