//go:build peer

package modbus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
)

// need fails the test when a program is not there.
func need(t *testing.T, pkg string, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is missing: apt-get install %s", p, pkg)
		}
	}
}

// output is what a counterpart prints, for the report of a failure.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// start runs a counterpart; stop ends it and waits.
func start(t *testing.T, name string, args ...string) (stop func()) {
	t.Helper()
	out := &output{}
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits for a counterpart that needs time to come up.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s did not come", what)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

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

// cable is a serial cable by socat with a pymodbus server at its far end.
type cable struct {
	t         *testing.T
	near, far string
	web       string
	stops     []func()
}

func plugged(t *testing.T) *cable {
	need(t, "socat", "socat")
	need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	dir := t.TempDir()
	p := &cable{t: t, near: filepath.Join(dir, "near"), far: filepath.Join(dir, "far"), web: freePort(t)}
	p.plug()
	return p
}

func (p *cable) plug() {
	p.t.Helper()
	p.stops = append(p.stops, start(p.t, "socat", "pty,raw,echo=0,link="+p.near, "pty,raw,echo=0,link="+p.far))
	eventually(p.t, "socat's cable", func() bool {
		_, err := os.Stat(p.near)
		_, also := os.Stat(p.far)
		return err == nil && also == nil
	})
	p.stops = append(p.stops, start(p.t, "/usr/bin/python3", "testdata/rtu_server.py", p.far, p.web))
	eventually(p.t, "pymodbus", func() bool { return p.order(`{"response_type": "normal"}`) == nil })
}

func (p *cable) unplug() {
	for _, stop := range p.stops {
		stop()
	}
	p.stops = nil
	os.Remove(p.near)
	os.Remove(p.far)
}

// order switches a fault.
func (p *cable) order(fault string) error {
	r, err := http.Post("http://127.0.0.1:"+p.web, "application/json", strings.NewReader(fault))
	if err != nil {
		return err
	}
	return r.Body.Close()
}

func (p *cable) bus(t *testing.T) *Bus {
	line := driver.Line{Baud: 19200}
	b := NewRTU("cable", pair.New("cable", func() (driver.Port, error) { return serialtest.Open(p.near, line) }, line))
	t.Cleanup(func() { b.Close() })
	return b
}

// TestPymodbusRTU reads an independent slave, well and with each of its faults.
func TestPymodbusRTU(t *testing.T) {
	p := plugged(t)
	b := p.bus(t)
	well := Manners{Timeout: 5 * time.Second}
	eventually(t, "an answer", func() bool { return five(b, Manners{Timeout: time.Second}, 0, 1) == nil })
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
			if err := p.order(c.fault); err != nil {
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
			if err := p.order(`{"response_type": "normal"}`); err != nil {
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
	p := plugged(t)
	b := p.bus(t)
	answers := func() bool { return five(b, Manners{Timeout: time.Second}, 20, 10) == nil }
	eventually(t, "an answer", answers)
	p.unplug()
	for range 3 {
		if err := five(b, Manners{Timeout: time.Second}, 20, 10); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("unplugged: %v", err)
		}
	}
	p.plug()
	eventually(t, "an answer after the cable came back", answers)
}

// TestPymodbusTCP restarts an independent server under a bus that is in use.
func TestPymodbusTCP(t *testing.T) {
	need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	port := freePort(t)
	b := NewTCP("meter", "127.0.0.1:"+port)
	defer b.Close()
	well := Manners{Timeout: 5 * time.Second}
	for range 2 {
		stop := start(t, "/usr/bin/python3", "testdata/tcp_server.py", port)
		eventually(t, "pymodbus", func() bool { return five(b, well, 0, 1) == nil })
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
