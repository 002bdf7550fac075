package annunciate

import (
	"testing"
	"time"

	"watchbox/firmware/driver"
)

func TestRestIsSaidInWords(t *testing.T) {
	for _, c := range []struct {
		name                  string
		r                     Resting
		crash, crashZh, start string
	}{
		{"siren", Resting{Kind: "sounder", Rest: driver.Rest{Terminal: "DO1", State: driver.RestOff, Hold: 5 * time.Minute, Undriven: driver.RestOff}},
			"as it was until the daemon is back, after 5m off", "保持原状；5 分钟内程序没有重启接管则断开", "off, then as the alarms ask"},
		{"relay that rests energised", Resting{Kind: "relay", Rest: driver.Rest{Terminal: "DO3", State: driver.RestOn, Undriven: driver.RestOff}},
			"on at once, then as the alarms ask", "立即接通，程序启动后按报警驱动", "at power-on off; then on, then as the alarms ask"},
		{"strike on a board nobody knows", Resting{Kind: "strike", Rest: driver.Rest{Terminal: "DO4", State: driver.RestOff, Undriven: driver.RestUnknown}},
			"off at once", "立即断开", "at power-on unknown, to be confirmed on site; then off"},
		{"relay board that says so", Resting{Kind: "sounder", Rest: driver.Rest{State: driver.RestOff, Hold: 90 * time.Second}},
			"up to the device: off after 1m30s of silence", "由设备自定：失联 1 分钟 30 秒后断开", "up to the device: to it a reboot of the box is silence"},
		{"relay board that keeps", Resting{Kind: "command", Rest: driver.Rest{State: driver.RestHold}},
			"up to the device: as it was", "由设备自定：保持原状", "up to the device: to it a reboot of the box is silence"},
		{"relay board nobody knows", Resting{Kind: "command", Rest: driver.Rest{State: driver.RestUnknown}},
			"up to the device: unknown, to be confirmed on site", "由设备自定：未知，待现场确认", "up to the device: to it a reboot of the box is silence"},
	} {
		if got := c.r.OnCrash(); got.En != c.crash || got.Zh != c.crashZh {
			t.Errorf("%s: crash %q %q, want %q %q", c.name, got.Zh, got.En, c.crashZh, c.crash)
		}
		if got := c.r.OnReboot(); got.En != c.start || got.Zh == "" {
			t.Errorf("%s: reboot %q, want %q", c.name, got.En, c.start)
		}
	}
}
