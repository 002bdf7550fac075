package wiring

import (
	"strings"
	"testing"
	"time"

	"watchbox/drivers/modbus"
	"watchbox/firmware/config"
	"watchbox/firmware/scan"
)

// TestADeviceWhoseMapIsLostIsPassedOn: another master needs no map of the box's. Until
// the map is there again it is asked as a unit of which only he knows.
func TestADeviceWhoseMapIsLostIsPassedOn(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", t.TempDir())
	text := head + `buses:
  - {id: rs485-1, terminal: RS485-1}
devices:
  - {id: th, driver: modbus-rtu, bus: rs485-1, unit: 1, map: xymd02, room: oc}
  - {id: flow, driver: modbus-rtu, bus: rs485-1, unit: 2, map: own/flow, room: oc}
modbus-proxy:
  - {bus: rs485-1, interface: eth0, from: [192.0.2.7/32], port: 1502, units: [9], reply: 150ms}
`
	b, err := New(t.TempDir())
	must(t, err)
	site, problems := config.LoadText("site.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if site == nil {
		t.Fatal(problems)
	}
	_, err = b.Build(site, func(config.Device) bool { return false }, deaf{})
	must(t, err)
	line, err := b.Line(site, &site.ModbusProxy[0], func(string, int) *scan.Guest { return nil })
	must(t, err)
	manners := line.(*guestLine).manners
	for _, unit := range []byte{1, 2, 9} {
		if !line.Has(unit) {
			t.Errorf("unit %d is not passed on", unit)
		}
	}
	careful := modbus.Manners{Timeout: 150 * time.Millisecond, Worst: 150 * time.Millisecond}
	if line.Has(3) || manners[2] != careful || manners[9] != careful || manners[1] == careful {
		t.Errorf("%+v", manners)
	}
	b.Maps().Use(map[string][]byte{"flow": []byte(strings.Replace(string(flow("0.1")), "periods:", "timeout: 300ms\nperiods:", 1))})
	line, err = b.Line(site, &site.ModbusProxy[0], func(string, int) *scan.Guest { return nil })
	must(t, err)
	if m := line.(*guestLine).manners[2]; m.Timeout != 300*time.Millisecond {
		t.Errorf("with its map: %+v", m)
	}
}
