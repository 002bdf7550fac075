package main

import (
	"math"
	"testing"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/maps"
	"watchbox/drivers/ydt1363"
)

// TestTheGXEIsReadAsItIs: what the map makes of its bytes is what the room knows.
func TestTheGXEIsReadAsItIs(t *testing.T) {
	m, err := maps.Load("vertiv/gxe")
	if err != nil {
		t.Fatal(err)
	}
	s := room.State{Volts: 231, UPS: [4]room.UPS{{Load: 2.5, Stored: 2}}}
	u := &s.UPS[0]
	info := gxeAnalog(&s, u)
	for item, want := range map[string]float64{"input.voltage": s.Volts, "ups.realpower": 1000 * u.Load,
		"battery.voltage": u.BatteryVoltage(), "battery.runtime": 60 * math.Floor(u.Runtime().Minutes())} {
		v, q := ydt1363.Value(m.Point(item), info)
		if f, _ := v.Float(); !q.Usable() || math.Abs(f-want) > 0.01 {
			t.Errorf("%s: %v %v, want %v", item, v, q, want)
		}
	}
}
