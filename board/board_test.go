package board

import (
	"strings"
	"testing"
	"time"
)

func TestEveryProfileLoads(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(p.Inputs) != 12 || len(p.Outputs) != 4 {
			t.Errorf("board %s: %d inputs, %d outputs", name, len(p.Inputs), len(p.Outputs))
		}
		siren, ok := p.Output("DO1")
		if !ok || siren.Rest || siren.Hold < 2*time.Minute {
			t.Errorf("board %s: DO1 %+v: want an output that rests off and outlives the daemon by 2 min or more", name, siren)
		}
		if bus, ok := p.Port("RS485-1"); !ok || bus.Kind != "rs485" {
			t.Errorf("board %s: RS485-1 %+v", name, bus)
		}
		if _, ok := p.Input("DO1"); ok {
			t.Errorf("board %s: DO1 is found as an input", name)
		}
	}
	if _, err := Load("toaster"); err == nil || !strings.Contains(err.Error(), "qemu, rpi4, sim") {
		t.Errorf("unknown board: %v, want the ones there are", err)
	}
}

func TestFaultsAreNamedWithTheirPlace(t *testing.T) {
	const good = "version: 1\nname: x\ngpio: cdev\ninputs:\n  - {terminal: DI1, chip: di, line: 0}\n"
	for name, c := range map[string]struct{ yaml, want string }{
		"unknown key":     {good + "colour: red\n", "x.yaml:6:1: colour: read an unknown key, allowed analog, factory-reset, gpio"},
		"key twice":       {"version: 1\nversion: 1\nname: x\ngpio: cdev\n", "x.yaml"},
		"version":         {"version: 2\nname: x\ngpio: cdev\n", `x.yaml:1:10: version: read "2", allowed 1`},
		"missing":         {"version: 1\ngpio: cdev\n", "x.yaml:1:1: name: read nothing"},
		"terminal twice":  {good + "outputs:\n  - {terminal: DI1, chip: do, line: 0, rest: off, on-death: rest}\n", "x.yaml:7:16: outputs[0].terminal: read DI1 a second time"},
		"rest level":      {good + "outputs:\n  - {terminal: DO1, chip: do, line: 0, rest: up, on-death: rest}\n", `x.yaml:7:46: outputs[0].rest: read "up", allowed off, on`},
		"hold, no time":   {good + "outputs:\n  - {terminal: DO1, chip: do, line: 0, rest: off, on-death: hold}\n", "x.yaml:7:5: outputs[0].hold: read 0s"},
		"rest and time":   {good + "outputs:\n  - {terminal: DO1, chip: do, line: 0, rest: off, on-death: rest, hold: 5s}\n", "outputs[0].hold: read 5s"},
		"hold too long":   {good + "outputs:\n  - {terminal: DO1, chip: do, line: 0, rest: off, on-death: hold, hold: 9999h}\n", `read "9999h", allowed 1s to 24h0m0s`},
		"no chip":         {"version: 1\nname: x\ngpio: cdev\ninputs:\n  - {terminal: DI1}\n", "inputs[0]: read terminal DI1, allowed chip"},
		"socket missing":  {"version: 1\nname: x\ngpio: sim\n", "socket"},
		"relative path":   {good + "ports:\n  - {terminal: M, kind: rs232, path: dev/ttyS0}\n", "x.yaml:7:38: ports[0].path"},
		"no place":        {good + "ports:\n  - {terminal: M, kind: rs232}\n", "ports[0]: read terminal M, allowed either path or usb"},
		"two places":      {good + "ports:\n  - {terminal: M, kind: rs232, path: /dev/ttyS0, usb: \"1-1:1.0\"}\n", "allowed either path or usb"},
		"USB by number":   {good + "ports:\n  - {terminal: M, kind: rs232, usb: ttyUSB0}\n", `ports[0].usb: read "ttyUSB0", allowed an interface`},
		"list for a text": {"version: 1\nname: [x]\ngpio: cdev\n", "x.yaml:2:7: name"},
		"reset nowhere":   {good + "factory-reset: {terminal: DI9}\n", `factory-reset.terminal: read "DI9", allowed an input`},
		"reset lamp":      {good + "factory-reset: {terminal: DI1, lamp: DI1}\n", `factory-reset.lamp: read "DI1", allowed an output`},
		"empty":           {"", "x.yaml:1:1"},
	} {
		_, err := Parse("x.yaml", []byte(c.yaml))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte("version: 9\nname: x\ngpio: magic\ninputs: 4\n"))
	if err == nil || strings.Count(err.Error(), "x.yaml:") != 3 {
		t.Errorf("got %v, want three faults", err)
	}
}

func TestExpand(t *testing.T) {
	t.Setenv("WATCHBOX_SIM", "/run/sim")
	if got, err := Expand("${WATCHBOX_SIM}/gpio.sock"); err != nil || got != "/run/sim/gpio.sock" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv("WATCHBOX_SIM", "")
	if _, err := Expand("${WATCHBOX_SIM}/gpio.sock"); err == nil {
		t.Error("an unset variable gave a path")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		data, _ := profiles.ReadFile(name + "/board.yaml")
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := Parse("x.yaml", data); (p == nil) == (err == nil) {
			t.Errorf("profile %v with error %v", p, err)
		}
	})
}

func TestAnOutputSaysHowItIsUndriven(t *testing.T) {
	text := "version: 1\nname: x\ngpio: sim\nsocket: /s\noutputs:\n  - {terminal: DO1, rest: off, on-death: rest}\n  - {terminal: DO2, rest: off, on-death: rest, undriven: on}\n"
	p, err := Parse("x.yaml", []byte(text))
	if err != nil || p.Outputs[0].Undriven != "unknown" || p.Outputs[1].Undriven != "on" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Parse("x.yaml", []byte(strings.Replace(text, "undriven: on", "undriven: maybe", 1))); err == nil || !strings.Contains(err.Error(), "outputs[1].undriven") {
		t.Errorf("%v", err)
	}
}
