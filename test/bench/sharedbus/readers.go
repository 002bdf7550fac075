package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/scan"
)

// ours is this program once more, as a reader.
func ours(port string) (*exec.Cmd, error) {
	self, err := os.Executable()
	return exec.Command(self, "-poll", port), err
}

// none takes what was read nowhere, as Telegraf's discard does.
type none struct{}

func (none) Urgent(point.Sample) {}
func (none) Sample(point.Sample) {}

// poll reads the bus until the process is killed.
func poll(port string) error {
	text := "version: 1\nlabel: {zh: 甲, en: Bench}\nidentity: {zh: 无, en: none}\nsource: bench\nconfidence: captured\ntimeout: 500ms\nperiods: {measure: 1s}\npoints:\n"
	for r := range registers {
		text += fmt.Sprintf("  - {holding: %d, item: r%d, label: {zh: 值, en: Value}}\n", r, r)
	}
	m, err := maps.Parse("bench.yaml", []byte(text))
	if err != nil {
		return err
	}
	began := time.Now()
	s := scan.New(none{}, func() point.Instant { return point.Instant{Mono: time.Since(began)} }, nil)
	bus := modbus.NewRTU("bench", pair.New("bench", func() (driver.Port, error) { return serial.Open(port, line) }, line))
	for n := 1; n <= slaves; n++ {
		d, err := modbus.New(driver.Spec{Name: fmt.Sprint("s", n), Unit: n}, m, bus)
		if err != nil {
			return err
		}
		if err := s.Add("bench", fmt.Sprint("s", n), d); err != nil {
			return err
		}
	}
	return s.Run(context.Background())
}

// theirs is Telegraf with one plugin for the port, as its documentation has it for
// several slaves on a line, and the same time-out.
func theirs(program, dir, port string) (*exec.Cmd, error) {
	text := fmt.Sprintf(`[agent]
  interval = "1s"
  flush_interval = "10s"
  omit_hostname = true
[[outputs.discard]]
[[inputs.modbus]]
  name = "bench"
  controller = "file://%s"
  baud_rate = %d
  data_bits = 8
  parity = "N"
  stop_bits = 1
  transmission_mode = "RTU"
  timeout = "500ms"
  configuration_type = "request"
`, port, line.Baud)
	for n := 1; n <= slaves; n++ {
		text += fmt.Sprintf("  [[inputs.modbus.request]]\n    slave_id = %d\n    byte_order = \"ABCD\"\n    register = \"holding\"\n    fields = [\n", n)
		for r := range registers {
			text += fmt.Sprintf("      {address=%d, name=\"r%d\", type=\"UINT16\"},\n", r, r)
		}
		text += "    ]\n"
	}
	file := filepath.Join(dir, "telegraf.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return exec.Command(program, "--config", file), nil
}
