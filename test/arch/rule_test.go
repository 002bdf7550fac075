package arch

import "testing"

func TestTreeKeepsTheDependencyRule(t *testing.T) {
	all, err := Imports("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("read %d imports only: is this the module's root?", len(all))
	}
	for _, i := range all {
		if why := Verdict(i); why != "" {
			t.Errorf("%s:%d imports %s: %s", i.File, i.Line, i.Path, why)
		}
	}
}

func TestVerdictsTeach(t *testing.T) {
	for _, c := range []struct {
		file, path string
		allowed    bool
	}{
		{"firmware/alarm/x.go", "watchbox/firmware/point", true},
		{"firmware/alarm/x.go", "watchbox/drivers/gpio", false},
		{"firmware/alarm/x.go", "net/http", false},
		{"firmware/alarm/x.go", "net/netip", true},
		{"firmware/alarm/x.go", "os/exec", false},
		{"firmware/alarm/x.go", "go.yaml.in/yaml/v3", false},
		{"firmware/config/x.go", "go.yaml.in/yaml/v3", true},
		{"firmware/store/x.go", "github.com/mattn/go-sqlite3", true},
		{"drivers/modbus/x.go", "watchbox/drivers/serial", false},
		{"drivers/modbus/x_test.go", "watchbox/drivers/serial/serialtest", true},
		{"drivers/modbus/x.go", "watchbox/drivers/modbus/modbustest", true},
		{"drivers/mqtt/x.go", "watchbox/drivers/trust", true},
		{"drivers/mqtt/x.go", "watchbox/drivers/webhook", false},
		{"drivers/all/x.go", "watchbox/drivers/modbus", true},
		{"drivers/modbus/x.go", "watchbox/web", false},
		{"web/x.go", "watchbox/drivers/gpio", false},
		{"web/x.go", "watchbox/firmware/engine", true},
		{"cmd/watchboxd/x.go", "watchbox/web", true},
		{"firmware/app/x.go", "watchbox/cmd/watchboxd", false},
		{"test/scenario/x.go", "watchbox/drivers/modem/modemtest", true},
	} {
		why := Verdict(Import{File: c.file, Path: c.path})
		if (why == "") != c.allowed {
			t.Errorf("%s imports %s: verdict %q, allowed should be %v", c.file, c.path, why, c.allowed)
		}
	}
}
