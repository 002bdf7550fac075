//go:build peer

package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
)

// five reads holding registers that must hold 5000 + n.
func five(b *Bus, m Manners, address, count uint16) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	data, err := b.Read(ctx, 1, m, maps.Holding, address, count)
	for i := range len(data) / 2 {
		if v := binary.BigEndian.Uint16(data[2*i:]); v != 5000+address+uint16(i) {
			return errors.New("register " + strconv.Itoa(int(address)+i) + " holds " + strconv.Itoa(int(v)))
		}
	}
	return err
}

// on is the bus on the near end.
func on(t *testing.T, near string) *Bus {
	line := driver.Line{Baud: 19200}
	b := NewRTU("cable", pair.New("cable", func() (driver.Port, error) { return serialtest.Open(near, line) }, line))
	t.Cleanup(func() { b.Close() })
	return b
}

// TestPymodbusRTU reads an independent slave, well and with each of its faults.
func TestPymodbusRTU(t *testing.T) {
	p := peertest.NewCable(t)
	faults(t, p, on(t, p.Near))
}

func faults(t *testing.T, p *peertest.Cable, b *Bus) {
	well := Manners{Timeout: 5 * time.Second}
	peertest.Eventually(t, "an answer", func() bool { return five(b, Manners{Timeout: time.Second}, 0, 1) == nil })
	for _, c := range []struct {
		name, fault string
		class       error
	}{
		{"well", `{"response_type": "normal"}`, nil},
		{"error", `{"response_type": "error", "error_code": 4, "clear_after": 0}`, driver.ErrRefused},
		{"illegal address", `{"response_type": "error", "error_code": 2, "clear_after": 0}`, driver.ErrNotPresent},
		{"delayed", `{"response_type": "delayed", "delay_by": 0.5, "clear_after": 0}`, driver.ErrTimeout},
		{"empty", `{"response_type": "empty", "clear_after": 0}`, driver.ErrTimeout},
		{"stray", `{"response_type": "stray", "data_len": 11, "clear_after": 0}`, driver.ErrGarbage},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := p.Order(c.fault); err != nil {
				t.Fatal(err)
			}
			m := well
			if c.class != nil {
				m = Manners{Timeout: 200 * time.Millisecond, Worst: time.Second}
			}
			if c.class == driver.ErrRefused || c.class == driver.ErrNotPresent {
				m = well
			}
			if err := five(b, m, 110, 3); !errors.Is(err, c.class) {
				t.Fatalf("got %v, want %v", err, c.class)
			}
			if err := p.Order(`{"response_type": "normal"}`); err != nil {
				t.Fatal(err)
			}
			for n := uint16(111); n < 130; n++ {
				if err := five(b, well, n, 3); err != nil {
					t.Fatalf("after the fault: %v", err)
				}
			}
		})
	}
}

// TestCableUnplugged pulls the cable between two reads and puts it back.
func TestCableUnplugged(t *testing.T) {
	p := peertest.NewCable(t)
	b := on(t, p.Near)
	answers := func() bool { return five(b, Manners{Timeout: time.Second}, 20, 10) == nil }
	peertest.Eventually(t, "an answer", answers)
	p.Unplug()
	for range 3 {
		if err := five(b, Manners{Timeout: time.Second}, 20, 10); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("unplugged: %v", err)
		}
	}
	p.Plug()
	peertest.Eventually(t, "an answer after the cable came back", answers)
}

// TestPymodbusTCP restarts an independent server under a bus that is in use.
func TestPymodbusTCP(t *testing.T) {
	port := strconv.Itoa(peertest.FreePort(t))
	b := NewTCP("meter", "127.0.0.1:"+port)
	defer b.Close()
	restarted(t, b, port, "socket")
}

// restarted lets pymodbus serve at the port, with its framer of that name, twice.
func restarted(t *testing.T, b *Bus, port, framer string) {
	peertest.Need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	well := Manners{Timeout: 5 * time.Second}
	for range 2 {
		stop := peertest.Start(t, peertest.Pymodbus, "testdata/tcp_server.py", port, framer)
		peertest.Eventually(t, "pymodbus", func() bool { return five(b, well, 0, 1) == nil })
		for n := uint16(1); n < 200; n++ {
			if err := five(b, well, n, 1+n%90); err != nil {
				t.Fatal(err)
			}
		}
		if err := five(b, well, 290, 50); !errors.Is(err, driver.ErrNotPresent) {
			t.Errorf("beyond the end: %v", err)
		}
		stop()
		if err := five(b, well, 1, 1); !errors.Is(err, driver.ErrDisconnect) {
			t.Errorf("server killed: %v", err)
		}
	}
	if s := b.Stats(); s.Opens != 2 {
		t.Errorf("connected %d times", s.Opens)
	}
}
