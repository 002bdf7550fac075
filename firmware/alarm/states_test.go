package alarm

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
)

// state is the alarm on its two axes, as life's table names it.
func state(a Alarm, raised bool) string {
	switch {
	case !raised:
		return "normal"
	case a.Active && !a.Acknowledged:
		return "active"
	case a.Active:
		return "active acked"
	case a.Latched && !a.Acknowledged:
		return "latched"
	case a.Latched:
		return "latched acked"
	}
	return "cleared"
}

// reach brings a fresh alarm "k" into the state.
func reach(t testing.TB, name string) *rig {
	r := newRig(t, Definition{Key: "k", Priority: 1, Latch: strings.HasPrefix(name, "latched")})
	steps := map[string]string{"normal": "", "active": "r", "active acked": "ra", "cleared": "rc",
		"latched": "rc", "latched acked": "rca"}[name]
	for _, s := range steps {
		switch s {
		case 'r':
			r.set(0, true)
			r.types()
		case 'c':
			r.set(2*time.Second, false)
		case 'a':
			if err := r.Acknowledge(at(3*time.Second), "k", event.ID{}, "li", ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.types()
	if got := state(r.alarm(), r.lives["k"].raised); got != name {
		t.Fatalf("reach %s: got %s", name, got)
	}
	return r
}

// everyPair is the whole state machine: in a state comes an input, then it is
// in a state and has told changes.
var everyPair = []struct{ state, input, then, changes string }{
	{"normal", "raise", "active", "raised"},
	{"normal", "clear", "normal", ""},
	{"normal", "ack", "normal", "refused"},
	{"normal", "silence", "normal", "refused"},
	{"normal", "reset", "normal", "refused"},
	{"normal", "tick", "normal", ""},
	{"active", "raise", "active", ""},
	{"active", "clear", "cleared", "cleared"},
	{"active", "ack", "active acked", "acknowledged"},
	{"active", "silence", "active", "silenced"},
	{"active", "reset", "active", "refused"},
	{"active", "tick", "active", ""},
	{"active acked", "raise", "active acked", ""},
	{"active acked", "clear", "normal", "cleared"},
	{"active acked", "ack", "active acked", "refused"},
	{"active acked", "silence", "active acked", "silenced"},
	{"active acked", "reset", "active acked", "refused"},
	{"active acked", "tick", "active acked", ""},
	{"cleared", "raise", "active", "raised"},
	{"cleared", "clear", "cleared", ""},
	{"cleared", "ack", "normal", "acknowledged"},
	{"cleared", "silence", "cleared", "silenced"},
	{"cleared", "reset", "cleared", "refused"},
	{"cleared", "tick", "cleared", ""},
	{"latched", "raise", "active", "raised"},
	{"latched", "clear", "latched", ""},
	{"latched", "ack", "latched acked", "acknowledged"},
	{"latched", "silence", "latched", "silenced"},
	{"latched", "reset", "latched", "refused"},
	{"latched", "tick", "latched", ""},
	{"latched acked", "raise", "active", "raised"},
	{"latched acked", "clear", "latched acked", ""},
	{"latched acked", "ack", "latched acked", "refused"},
	{"latched acked", "silence", "latched acked", "silenced"},
	{"latched acked", "reset", "normal", "reset"},
	{"latched acked", "tick", "latched acked", ""},
}

// TestEveryStateMeetsEveryInput walks all pairs of (state, input).
func TestEveryStateMeetsEveryInput(t *testing.T) {
	inputs := map[string]func(*rig) error{
		"raise":   func(r *rig) error { r.set(9*time.Second, true); return nil },
		"clear":   func(r *rig) error { r.set(9*time.Second, false); return nil },
		"ack":     func(r *rig) error { return r.Acknowledge(at(9*time.Second), "k", event.ID{}, "li", "x") },
		"silence": func(r *rig) error { return r.Silence(at(9*time.Second), "k", event.ID{}, "li") },
		"reset":   func(r *rig) error { return r.Reset(at(9*time.Second), "k", event.ID{}, "li") },
		"tick":    func(r *rig) error { r.Tick(at(9 * time.Second)); return nil },
	}
	if len(everyPair) != 6*len(inputs) {
		t.Fatalf("the table has %d rows, want every pair", len(everyPair))
	}
	for _, row := range everyPair {
		t.Run(row.state+"/"+row.input, func(t *testing.T) {
			r := reach(t, row.state)
			err := inputs[row.input](r)
			got := r.types()
			if err != nil {
				if !errors.Is(err, ErrRefused) {
					t.Errorf("error %v is no refusal", err)
				}
				got = strings.TrimSpace("refused " + got)
			}
			if got != row.changes {
				t.Errorf("changes: got %q, want %q", got, row.changes)
			}
			if s := state(r.alarm(), r.lives["k"].raised); s != row.then {
				t.Errorf("state: got %s, want %s", s, row.then)
			}
			listed := slices.ContainsFunc(r.Alarms(), func(a Alarm) bool { return a.Key == "k" })
			if listed != (row.then != "normal") || r.alarm().Standing() != listed {
				t.Errorf("listed %v, standing %v in state %s", listed, r.alarm().Standing(), row.then)
			}
		})
	}
}
