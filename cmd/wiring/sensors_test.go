package wiring

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"watchbox/drivers/onewire/onewiretest"
	"watchbox/firmware/app"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const sensorSite = `version: 1
id: x
board: sim
rooms: [{id: hall}]
buses:
  - {id: chain, terminal: W1-1}
  - {id: climate, terminal: I2C-1}
devices:
  - {id: inlet, driver: onewire, bus: chain, address: 28-0316a2795f2c, room: hall}
  - {id: outlet, driver: onewire, bus: chain, address: 28-0000075A1B2C, room: hall}
  - {id: chain1, driver: onewire, bus: chain}
  - {id: th1, driver: i2c, bus: climate, address: "0x44", options: {chip: sht3x}, room: hall}
derived:
  - {point: th1/dew, label: {zh: 露点, en: Dew point}, kind: dew-point, from: [th1/ambient.temperature, th1/ambient.humidity]}
`

func TestSensorsOnTheirBuses(t *testing.T) {
	w, problems := world(t, sensorSite)
	for _, p := range append(problems, config.Validate(read(t, sensorSite), w)...) {
		t.Error(p)
	}
	for _, p := range []point.Name{"inlet/ambient.temperature", "chain1/unknown.roms", "th1/ambient.humidity"} {
		if !slices.Contains(w.Points, p) {
			t.Errorf("no point %s", p)
		}
	}
}

func TestWhatIsWrongWithASensorIsToldInBothLanguages(t *testing.T) {
	for _, c := range []struct {
		old, new string
		code     config.Code
		zh, en   string
	}{
		{"28-0316a2795f2c", "28-0316a2795f", config.Invalid, "写的是 28-0316a2795f；应为 链上的传感器编号：28-0316a2795f2c", "devices[0].address: read 28-0316a2795f, allowed a sensor's number as on the chain: 28-0316a2795f2c"},
		{"28-0316a2795f2c", "28-0000075a1b2c", config.Duplicate, "28-0000075A1B2C，已被 inlet 占用（总线 chain）", "devices[1].address: read 28-0000075A1B2C, which inlet has already on chain"},
		{`"0x44"`, `"0x78"`, config.OutOfRange, "写的是 0x78；应为 0x08 至 0x77", "devices[3].address: read 0x78, allowed 0x08 to 0x77"},
		{`"0x44"`, `""`, config.Invalid, "devices[3].address", "devices[3].address: read nothing, allowed a value: the driver i2c needs it"},
		{"bus: climate", "bus: chain", config.UnknownReference, "写的是 chain；应为 i2c 可用的总线：climate 之一", "devices[3].bus: read chain, allowed a bus that i2c can use: one of climate"},
		{"W1-1", "RS485-1", config.UnknownReference, "onewire 可用的总线：无", "devices[0].bus: read chain, allowed a bus that onewire can use: none"},
		{"I2C-1", "DI1", config.UnknownReference, "主板 sim 的端子", "buses[1].terminal: read DI1, allowed a terminal of the board sim: one of I2C-1, RS485-1"},
		{"sht3x", "sht99", config.Invalid, "devices[3].options.chip：写的是 sht99；应为 aht20、bme280", "devices[3].options.chip: read sht99, allowed one of aht20, bme280"},
	} {
		text := strings.Replace(sensorSite, c.old, c.new, 1)
		w, problems := world(t, text)
		problems = append(problems, config.Validate(read(t, text), w)...)
		if !slices.ContainsFunc(problems, func(p config.Problem) bool {
			return p.Code == c.code && p.Line > 1 && strings.Contains(p.Words().Zh, c.zh) && strings.Contains(p.Words().En, c.en)
		}) {
			t.Errorf("%s → %s: no %s %q, %q in %v", c.old, c.new, c.code, c.zh, c.en, problems)
		}
	}
}

// fitted builds a site; the kept devices are those whose spec old has.
func fitted(t *testing.T, text string, old app.Fittings) app.Fittings {
	t.Helper()
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.Build(read(t, text), func(d config.Device) bool {
		return slices.ContainsFunc(old.Devices, func(f app.Fitted) bool { return reflect.DeepEqual(f.Spec, d) })
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func device(f app.Fittings, id string) driver.Device {
	for _, d := range f.Devices {
		if d.Spec.ID == id {
			return d.Device
		}
	}
	return nil
}

// F6: the new sensor's number or place under the old id: the same points, whose
// names are the key of their history. Every device of the chain hears of it.
func TestAReplacedSensorKeepsItsPoints(t *testing.T) {
	sim := t.TempDir()
	t.Setenv("WATCHBOX_SIM", sim)
	chain, err := onewiretest.New(filepath.Join(sim, "w1_bus_master1"))
	if err != nil {
		t.Fatal(err)
	}
	before := fitted(t, sensorSite, app.Fittings{})
	const spare = "28-3c01f096aa10"
	if err := chain.Set(spare, 19); err != nil {
		t.Fatal(err)
	}
	after := fitted(t, strings.NewReplacer("28-0316a2795f2c", spare, "0x44", "0x45").Replace(sensorSite), before)
	for _, id := range []string{"inlet", "th1"} {
		if was, is := device(before, id), device(after, id); is == nil || !reflect.DeepEqual(was.Describe(), is.Describe()) {
			t.Errorf("%s: %v", id, is)
		}
	}
	heard := map[point.Name]point.Value{}
	for _, id := range []string{"inlet", "chain1"} {
		if err := device(after, id).(driver.Poller).Poll(t.Context(), 0, func(s point.Sample) { heard[s.Point] = s.Value }); err != nil {
			t.Error(err)
		}
	}
	if heard["inlet/ambient.temperature"] != point.OfReal(19) || heard["chain1/unknown"] != point.OfInt(0) {
		t.Errorf("heard %v", heard)
	}
	if device(fitted(t, sensorSite, before), "inlet") != nil {
		t.Error("a sensor that did not change was made anew")
	}
}
