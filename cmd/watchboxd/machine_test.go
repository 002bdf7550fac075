package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
)

func TestStartOfTheMachineIsJournaled(t *testing.T) {
	for cause, words := range causes {
		notes := system.Notes{LastBoot: &system.LastBoot{Cause: cause, Why: "update", Slot: "A"}}
		m := machine(notes, &system.Init{}, "")
		if len(m.Told) != 1 || m.Lost != nil {
			t.Fatalf("%s: %+v", cause, m)
		}
		r := m.Told[0]
		var back system.LastBoot
		if err := json.Unmarshal(r.Detail, &back); err != nil || back.Cause != cause || back.Slot != "A" {
			t.Errorf("%s: detail %s, %v", cause, r.Detail, err)
		}
		if r.Type != event.BoxReset || r.Text.Zh != words.Zh+"：update" || r.Text.En != words.En+": update" {
			t.Errorf("%s: %+v", cause, r)
		}
		notes.LastBoot.Erased = true
		if list := machine(notes, &system.Init{}, "").Told; len(list) != 2 || list[1].Type != event.BoxErased {
			t.Errorf("after a factory reset: %+v", list)
		}
		notes.LastBoot.Erased, notes.LastBoot.Unerased = false, true
		if list := machine(notes, &system.Init{}, "").Told; len(list) != 2 || list[1].Text != unerased.Text {
			t.Errorf("after a factory reset without data: %+v", list)
		}
		if notes.Heard = true; len(machine(notes, &system.Init{}, "").Told) != 0 {
			t.Errorf("%s is told again by the daemon's next life", cause)
		}
		if got, want := machine(notes, &system.Init{}, "").Crashed, cause == system.CausePanic || cause == system.CauseWatchdog; got != want {
			t.Errorf("%s: the machine died by itself %v, want %v", cause, got, want)
		}
	}
	for _, cause := range []string{system.CausePower, system.CauseOrder, system.CausePanic, system.CauseWatchdog, system.CauseRemedy} {
		if causes[cause].IsZero() {
			t.Errorf("cause %s has no words", cause)
		}
	}
}

func TestLostDataIsATrouble(t *testing.T) {
	at := time.Date(2026, 3, 1, 6, 5, 0, 0, time.UTC)
	m := machine(system.Notes{Lost: &system.Lost{Why: "e2fsck", Kept: &at}}, &system.Init{}, "")
	if m.Lost == nil || m.Lost.Error() != "e2fsck" || m.Kept != &at || m.Keep != nil || len(m.Told) != 0 {
		t.Errorf("%+v", m)
	}
}

// An accepted site file goes beside the boot state; a day before there was a clock is none.
func TestAnAcceptedSiteFileIsKept(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(state, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	keep := machine(system.Notes{}, &system.Init{}, state).Keep
	for text, at := range map[string]time.Time{"a": time.Unix(1e9+9e8, 0), "b": time.Unix(100, 0)} {
		if err := keep([]byte(text), at); err != nil {
			t.Fatal(err)
		}
		got, err := system.KeptSite{Path: state}.Load()
		if err != nil || string(got.Text) != text || got.At.IsZero() != at.Before(builtAfter) {
			t.Errorf("kept %q %v, %v", got.Text, got, err)
		}
	}
}
