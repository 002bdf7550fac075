package main

import (
	"reflect"
	"strings"
	"testing"

	"watchbox/board"
	"watchbox/drivers/i2c"
	"watchbox/firmware/config"
)

// Only known chips, only where a sensor may be, only on the board's own terminals.
func TestTheKernelIsToldOfTheSitesSensors(t *testing.T) {
	const site = head + `buses: [{id: climate, terminal: I2C-1}, {id: rtu, terminal: RS485-1}]
devices:
  - {id: th1, driver: i2c, bus: climate, address: "0x44", options: {chip: sht3x}}
`
	a, b := i2c.Bus{Adapter: "/sys/bus/i2c/devices/i2c-0"}, i2c.Bus{Adapter: "/sys/bus/i2c/devices/i2c-3"}
	p := &board.Profile{Ports: []board.Port{{Terminal: "I2C-1", Kind: "i2c", Path: a.Adapter}, {Terminal: "I2C-2", Kind: "i2c", Path: b.Adapter},
		{Terminal: "RS485-1", Kind: "rs485", Path: "/dev/ttyAMA0"}}}
	for old, c := range map[string]struct {
		new  string
		want map[int]string
	}{
		"":             {"", map[int]string{0x44: "sht3x"}},
		"chip: sht3x":  {"chip: ds3231", map[int]string{}},
		"0x44":         {"0x04", map[int]string{}},
		"bus: climate": {"bus: rtu", map[int]string{}},
		"driver: i2c":  {"driver: modbus-rtu", map[int]string{}},
	} {
		site, problems := config.Parse("site.yaml", []byte(strings.Replace(site, old, c.new, 1)))
		if site == nil {
			t.Fatal(problems)
		}
		if got := wantedChips(site, p); !reflect.DeepEqual(got, map[i2c.Bus]map[int]string{a: c.want, b: {}}) {
			t.Errorf("%s: %v, want %v on %s", c.new, got, c.want, a)
		}
	}
}
