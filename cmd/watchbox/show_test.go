package main

import (
	"testing"

	"watchbox/firmware/bus"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// TestADeviceSaysWhyForAPersonFirst, and how long a search takes is told once it is known.
func TestADeviceSaysWhyForAPersonFirst(t *testing.T) {
	d := engine.DeviceView{Reason: point.Words{Zh: "无应答", En: "no answer"}, Error: "modbus ups1: timeout"}
	for lang, want := range map[string][2]string{"zh": {"无应答（modbus ups1: timeout）", "还需约 1m30s"}, "en": {"no answer (modbus ups1: timeout)", "about 1m30s left"}} {
		c := &cli{lang: lang}
		if got := c.because(d); got != want[0] {
			t.Error(got)
		}
		if got := c.left(bus.Progress{Left: 90}); got != want[1] || c.left(bus.Progress{}) != "" {
			t.Error(got)
		}
		if got := c.because(engine.DeviceView{OK: true}); got != "" {
			t.Errorf("a device that is well: %q", got)
		}
	}
}
