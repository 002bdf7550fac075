package wiring

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"watchbox/board"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/config"
)

func TestAChangedBusTakesTheTerminalOver(t *testing.T) {
	master, slave, err := serialtest.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	dir := t.TempDir()
	t.Setenv("WATCHBOX_SIM", dir)
	if err := os.Symlink(slave, filepath.Join(dir, "rs485-1")); err != nil {
		t.Fatal(err)
	}
	profile, err := board.Load("sim")
	if err != nil {
		t.Fatal(err)
	}
	slow := &config.Site{Buses: []config.Bus{{ID: "a", Terminal: "RS485-1", Baud: 9600, Parity: "none", StopBits: 1}}}
	fast := &config.Site{Buses: []config.Bus{{ID: "a", Terminal: "RS485-1", Baud: 19200, Parity: "none", StopBits: 1}}}
	b := newBuses()
	first := b.of(slow, profile, "a")
	use(first)
	if b.of(slow, profile, "a") != first {
		t.Error("the same bus was made twice")
	}
	second := b.of(fast, profile, "a")
	if second == first {
		t.Fatal("a bus of another speed is the same bus")
	}
	if b.of(slow, profile, "a") != first {
		t.Error("a reload that may yet be refused has taken the running bus away")
	}
	use(second)
	if b.of(fast, profile, "a") != second {
		t.Error("the bus in use is not the one that was made")
	}
	if b.of(slow, profile, "a") == first {
		t.Error("a bus that was closed is given out again")
	}
	if b.of(slow, profile, "b") != nil {
		t.Error("a bus that nobody named was made")
	}
}

// use lets a bus open its port; nobody answers there.
func use(w *wire) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, _ = w.modbus.Read(ctx, 1, modbus.Manners{Timeout: 20 * time.Millisecond}, maps.Input, 0, 1)
}

// A pair whose devices speak at two speeds gives each exchange the time to change it.
func TestAPairOfTwoSpeedsKnowsThatItIsOne(t *testing.T) {
	profile, err := board.Load("sim")
	if err != nil {
		t.Fatal(err)
	}
	reach := map[string]time.Duration{}
	for _, mixed := range []string{"refused", "accepted"} {
		site := &config.Site{Buses: []config.Bus{{ID: "a", Terminal: "RS485-1", Baud: 9600, Parity: "none", StopBits: 1, MixedSpeed: mixed}}}
		reach[mixed] = newBuses().of(site, profile, "a").pair.Reach(20, pair.Manners{Timeout: time.Second})
	}
	if reach["accepted"] <= reach["refused"] {
		t.Errorf("%v", reach)
	}
}
