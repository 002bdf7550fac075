package config

import (
	"os"
	"testing"
)

// exampleSite is the site that fieldsim serves: the largest file there is.
func exampleSite(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../../cmd/fieldsim/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// simTerminals are those of the simulated board, as this test needs them.
func simTerminals() map[string]string {
	return map[string]string{"DI1": "input", "DI2": "input", "DI3": "input", "DI4": "input", "DI5": "input", "DI6": "input",
		"DI7": "input", "DI8": "input", "DI9": "input", "DO1": "output", "DO2": "output", "DO3": "output", "DO4": "output",
		"RS485-1": "serial", "MODEM": "modem", "READER1": "reader", "READER2": "reader"}
}

func simWorld() World {
	return World{Terminals: simTerminals(),
		Drivers: []string{"modbus-rtu", "modbus-tcp", "snmp", "ping", "tcp-probe", "reader", "analog", "ledwall", "modem", "self"}}
}

func TestExampleSiteIsAcceptedWithoutAWarning(t *testing.T) {
	site, problems := Parse("site.yaml", exampleSite(t))
	if site == nil {
		t.Fatalf("refused: %v", problems)
	}
	for _, p := range append(problems, Validate(site, simWorld())...) {
		t.Error(p)
	}
	if len(site.Devices) != 20 || site.Devices[3].Unit != 4 || site.DialOut == nil || !site.DialOut.OnClear || site.Wall.Pixels != 2 {
		t.Errorf("decoded wrongly: %+v", site)
	}
	if site.Partitions[0].EntryDelay.String() != "30s" || site.Upstream != nil || site.Cards[1].Until.Format("2006-01-02 MST") != "2024-12-31 CST" {
		t.Errorf("decoded wrongly: %+v %+v", site.Partitions, site.Cards)
	}
}
