package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

func TestABadReloadChangesNothing(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		before := h.Site()
		h.write(strings.Replace(siteFile, "type: panic", "type: picnic", 1))
		if err := h.Reload(context.Background(), "li"); !errors.Is(err, ErrSite) {
			t.Fatalf("reload: %v", err)
		}
		h.pass(time.Second)
		if w := h.record(event.AlarmRaised, troubleConfig).Text; !strings.Contains(w.Zh, "写的是 picnic；应为") || strings.Contains(w.Zh, "allowed") || !strings.Contains(w.En, "read picnic, allowed") {
			t.Errorf("%+v", w)
		}
		h.write(siteFile)
		h.broken = errSpoilt
		if err := h.Reload(context.Background(), "li"); !errors.Is(err, errSpoilt) {
			t.Fatalf("reload: %v", err)
		}
		h.broken = nil
		h.pass(time.Second)
		h.want(troubleConfig, true)
		if h.Site() != before || h.meters != 1 {
			t.Error("something of the refused file is in force")
		}
		h.record(event.ConfigRefused, "")
		if err := h.Reload(context.Background(), "li"); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		h.want(troubleConfig, false)
	})
}

func TestAGoodReloadKeepsWhatDidNotChange(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.terminal.edges <- true
		h.pass(time.Second)
		raised, terminals := h.record(event.AlarmRaised, "zone/panic"), h.terminal
		h.inForce(strings.NewReplacer("above: 30", "above: 20", "driver: self, room", "driver: self, period: 2s, room").Replace(siteFile))
		h.pass(10 * time.Second)
		if h.terminal != terminals || terminals.closed || h.meters != 2 {
			t.Errorf("terminals kept: %v, meters built: %d", h.terminal == terminals, h.meters)
		}
		h.want("hot/meter/temperature", true)
		for _, a := range h.View().Alarms {
			if a.Key == "zone/panic" && a.Occurrence == raised.ID {
				return
			}
		}
		t.Errorf("the panic of before: %+v", h.View().Alarms)
	})
}

func TestNewTerminalsAreToldWhatIsOn(t *testing.T) {
	inHouse(t, func(h *house) {
		// A relay has no cadence that would tell them by and by.
		steady := strings.Replace(siteFile, "kind: sounder", "kind: relay", 1)
		h.write(steady)
		h.start()
		defer h.end()
		h.terminal.edges <- true
		h.pass(time.Second)
		old := h.terminal
		h.inForce(strings.Replace(steady, "rest: open", "rest: open, debounce: 50ms", 1))
		if h.terminal == old || !old.closed || !h.sounds() {
			t.Error("the reload switched the relay off")
		}
	})
}

func TestAReloadWaitsForTheStart(t *testing.T) {
	inHouse(t, func(h *house) {
		box, _, err := New(Options{SitePath: h.site, DataDir: h.data, Builder: h, Clock: h.clock, Log: t.Logf,
			Secrets: func(string) (string, bool) { return "", false }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := box.Reload(ctx, "li"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("reload before the start: %v", err)
		}
	})
}

// order writes by hand, in two steps.
func (h *house) order(p point.Name, on bool) {
	h.t.Helper()
	s, err := h.Select(context.Background(), engine.Command{Target: string(p), Value: point.OfBool(on), Actor: "li", Comment: "test"})
	if err == nil {
		err = h.Do(context.Background(), engine.Command{Verb: engine.Execute, Target: string(p), Selection: s.ID, Actor: "li"})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestACommandIsCarriedOut(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.order("oc/fan", true)
		h.pass(time.Second)
		h.record(event.CommandDone, "oc/fan")
	})
}

// TestACommandIsReadBackFromItsContact: what the site file names shows whether
// the output obeyed.
func TestACommandIsReadBackFromItsContact(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.inForce(strings.Replace(siteFile, "outputs:\n", "outputs:\n  - {terminal: DO2, point: oc/fan, feedback: oc/panic}\n", 1))
		h.order("oc/fan", true)
		h.pass(20 * time.Second) // the contact stays as it is
		h.record(event.CommandFailed, "oc/fan")
		h.order("oc/fan", true)
		h.pass(time.Second)
		h.terminal.edges <- true
		h.pass(time.Second)
		h.record(event.CommandDone, "oc/fan")
	})
}

func TestACommandIsNotCarriedOutMuchLater(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.terminal.spoil(errSpoilt)
		h.order("oc/fan", true)
		h.pass(2 * commandPatience)
		h.record(event.CommandFailed, "oc/fan")
		h.terminal.mutex.Lock()
		tried := h.terminal.writes
		h.terminal.mutex.Unlock()
		h.terminal.spoil(nil)
		h.pass(time.Minute)
		if h.terminal.mutex.Lock(); h.terminal.writes != tried || tried < 2 {
			t.Errorf("tried %d times, then %d", tried, h.terminal.writes)
		}
		h.terminal.mutex.Unlock()
	})
}
