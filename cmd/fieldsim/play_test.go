package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchbox/drivers/all"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/modbus/modbustest"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial/serialtest"
	wires "watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

var fast = driver.Line{Baud: 115200}

// master reads some registers of two units at path, the second of which is dead, and
// keeps what goes over the wire.
func master(t *testing.T, path string) (values []byte, faults int, lines []wires.Line) {
	t.Helper()
	p := pair.New("x", func() (driver.Port, error) { return serialtest.Open(path, fast) }, fast)
	b := modbus.NewRTU("x", p)
	defer b.Close()
	ear, err := p.Monitor().Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	for round := range uint16(3) {
		for unit := range uint8(2) {
			patience := 20 * time.Second // of a busy machine
			if unit == 1 {
				patience = 200 * time.Millisecond // nobody is there
			}
			data, err := b.Read(t.Context(), unit+1, pair.Manners{Timeout: patience}, maps.Holding, round, 2)
			values = append(values, data...)
			if err != nil {
				faults++
			}
		}
	}
	var d all.Dissector
	for f, more := ear.Take(); more; f, more = ear.Take() {
		lines = append(lines, d.Lines(f)...)
	}
	return values, faults, lines
}

// A recording is a simulator: who asks it the same hears the same.
func TestRecordingIsASimulator(t *testing.T) {
	dir := t.TempDir()
	plant := modbustest.New()
	plant.Unit(1).Set(maps.Holding, 0, 11, 22, 33, 44, 55)
	w, err := newWire(filepath.Join(dir, "live"), func(m *os.File) { plant.ServeRTU(m, fast) })
	if err != nil {
		t.Fatal(err)
	}
	values, faults, lines := master(t, filepath.Join(dir, "live"))
	w.cut()
	if len(values) != 12 || faults != 3 {
		t.Fatalf("the live bus gave %x and %d faults", values, faults)
	}
	var file bytes.Buffer
	c, err := wires.NewCapture(&file, "rs485-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		c.Add(l)
	}
	os.WriteFile(filepath.Join(dir, "x.pcapng"), file.Bytes(), 0o600)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	at := filepath.Join(dir, "played")
	go func() {
		ended <- command(ctx, []string{"play", "-at", at, filepath.Join(dir, "x.pcapng")}, &bytes.Buffer{})
	}()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(at); err == nil || time.Now().After(end) {
			break
		}
	}
	again, faultsAgain, _ := master(t, at)
	if !bytes.Equal(again, values) || faultsAgain != faults {
		t.Errorf("live %x with %d faults, played %x with %d", values, faults, again, faultsAgain)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := command(t.Context(), []string{"play", filepath.Join(dir, "none")}, &bytes.Buffer{}); err == nil {
		t.Error("played what is not there")
	}
}
