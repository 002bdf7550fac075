package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const sensors = `# The chain. 链
version: 1
id: x
board: sim
buses: [{id: chain, terminal: W1-1}, {id: climate, terminal: I2C-1}]
devices:
  - {id: inlet, label: {zh: 进风口温度, en: Inlet}, driver: onewire, bus: chain, address: 28-0316a2795f2c} # 28-0316a2795f2c by the door
  - id: th1
    driver: i2c
    bus: climate
    address: '0x44'   # under the floor
    options: {chip: sht3x}
  - {id: chain-watch, driver: onewire, bus: chain}
  - {id: ups1, driver: snmp, address: 10.0.0.1}
  - id: odd
    driver: onewire
    bus: chain
    address: >-
      28-0316a2795f2d
`

func TestASensorsAddressIsChangedAndNothingElse(t *testing.T) {
	for id, c := range map[string][3]string{
		"inlet": {"28-000000000001", "address: 28-0316a2795f2c}", `address: "28-000000000001"}`},
		"th1":   {"0x45", "address: '0x44' ", `address: "0x45" `},
	} {
		got, err := WithAddress([]byte(sensors), id, c[0])
		if err != nil || string(got) != strings.Replace(sensors, c[1], c[2], 1) {
			t.Errorf("%s: %v\n%s", id, err, got)
		}
		back, err := WithAddress(got, id, map[string]string{"inlet": "28-0316a2795f2c", "th1": "0x44"}[id])
		if err != nil || len(back) < len(sensors) {
			t.Errorf("%s, once more: %v", id, err)
		}
	}
	for name, c := range map[string]struct {
		id, address string
		want        error
	}{
		"no device":      {"none", "0x44", ErrNoSensor},
		"a chain":        {"chain-watch", "28-000000000001", ErrNoSensor},
		"no sensor":      {"ups1", "10.0.0.2", ErrNoSensor},
		"no number":      {"inlet", "28-1", ErrNoAddress},
		"more than one":  {"inlet", "28-000000000001, id: y", ErrNoAddress},
		"of another bus": {"th1", "28-000000000001", ErrNoAddress},
		"folded":         {"odd", "28-000000000001", ErrWritten},
	} {
		if got, err := WithAddress([]byte(sensors), c.id, c.address); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := WithAddress([]byte("devices: ["), "inlet", "28-000000000001"); !errors.Is(err, ErrWritten) {
		t.Error(err)
	}
}

// Whatever stands in the file: no panic, and what comes out differs in one address.
func FuzzWithAddress(f *testing.F) {
	f.Add([]byte(sensors), "inlet", "28-000000000001")
	f.Add([]byte(strings.ReplaceAll(sensors, "\n", "\r\n")), "th1", "0x46")
	f.Fuzz(func(t *testing.T, text []byte, id, address string) {
		got, err := WithAddress(text, id, address)
		if err == nil && (len(got) == 0 || !bytes.Contains(got, []byte(address))) {
			t.Errorf("%q", got)
		}
	})
}
