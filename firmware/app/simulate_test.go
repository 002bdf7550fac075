package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A simulated panic rings, is told by SMS and upstream as what it is; a site file
// without its point ends the simulation.
func TestASimulationReachesPhoneAndPlatformMarked(t *testing.T) {
	inHouse(t, func(h *house) {
		h.start()
		defer h.end()
		h.pass(time.Second)
		order := engine.Command{Verb: engine.Simulate, Target: "oc/panic", Value: point.OfBool(true), For: time.Minute, Actor: "gong"}
		if err := h.Do(context.Background(), order); err != nil {
			t.Fatal(err)
		}
		if !h.sounds() {
			t.Error("the siren does not sound")
		}
		h.pass(10 * time.Second)
		sent := h.messages()
		if len(sent) == 0 || !strings.Contains(sent[0].Text, "【模拟】紧急报警") {
			t.Errorf("SMS: %+v", sent)
		}
		if r := h.record(event.AlarmRaised, "zone/panic"); !r.Simulated || !h.toldUpstream(r) {
			t.Errorf("%+v", r)
		}
		if s := h.Update(); s.Phase == "staged" {
			t.Error(s)
		}
		h.pass(2 * time.Minute)
		h.want("zone/panic", false)
		if r := h.record(event.SimulationEnded, "oc/panic"); r.Actor != "box" {
			t.Errorf("%+v", r)
		}

		order = engine.Command{Verb: engine.Simulate, Target: "meter/temperature", Value: point.OfReal(20), For: time.Hour, Actor: "gong"}
		if err := h.Do(context.Background(), order); err != nil {
			t.Fatal(err)
		}
		h.inForce(withoutMeter.Replace(siteFile))
		h.pass(time.Second)
		if r := h.record(event.SimulationEnded, "meter/temperature"); r.Text.En == "" || len(h.View().Simulations) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// withoutMeter takes the meter and its alarm out of a site file.
var withoutMeter = strings.NewReplacer("  - {id: meter, driver: self, room: oc}\n", "", "devices:\n", "", "  - {id: hot, label: {zh: 温度高, en: Hot}, points: [meter/temperature], when: {above: 30}, priority: 3}\n", "", "alarms:\n", "")
