package main

import (
	"encoding/json"
	"testing"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
)

func TestStartOfTheMachineIsJournaled(t *testing.T) {
	for cause, words := range causes {
		notes := system.Notes{LastBoot: &system.LastBoot{Cause: cause, Why: "update", Slot: "A"}}
		m := machine(notes, &system.Init{})
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
		if list := machine(notes, &system.Init{}).Told; len(list) != 2 || list[1].Type != event.BoxErased {
			t.Errorf("after a factory reset: %+v", list)
		}
		if notes.Heard = true; len(machine(notes, &system.Init{}).Told) != 0 {
			t.Errorf("%s is told again by the daemon's next life", cause)
		}
		if got, want := machine(notes, &system.Init{}).Crashed, cause == system.CausePanic || cause == system.CauseWatchdog; got != want {
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
	m := machine(system.Notes{Lost: &system.Lost{Why: "e2fsck"}}, &system.Init{})
	if m.Lost == nil || m.Lost.Error() != "e2fsck" || len(m.Told) != 0 {
		t.Errorf("%+v", m)
	}
}
