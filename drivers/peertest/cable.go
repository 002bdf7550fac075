package peertest

import (
	_ "embed"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Pymodbus is where Debian's pymodbus is run from.
const Pymodbus = "/usr/bin/python3"

//go:embed pymodbus_rtu.py
var pymodbusRTU string

// Cable is a serial cable by socat, with a Modbus RTU slave by pymodbus at its far end:
// unit 1 at 19200 baud, whose holding register n holds 5000 + n.
type Cable struct {
	t         testing.TB
	Near, far string // paths
	web       string
	stops     []func()
}

// NewCable makes one and plugs it in.
func NewCable(t testing.TB) *Cable {
	t.Helper()
	Need(t, "socat", "socat")
	Need(t, "python3-pymodbus", Pymodbus, "/usr/bin/pymodbus.server")
	dir := t.TempDir()
	c := &Cable{t: t, Near: filepath.Join(dir, "near"), far: filepath.Join(dir, "far"), web: strconv.Itoa(FreePort(t))}
	c.Plug()
	return c
}

// Plug returns when the slave serves.
func (c *Cable) Plug() {
	c.t.Helper()
	c.stops = append(c.stops, Start(c.t, "socat", "pty,raw,echo=0,link="+c.Near, "pty,raw,echo=0,link="+c.far))
	Eventually(c.t, "socat's cable", func() bool {
		_, err := os.Stat(c.Near)
		_, also := os.Stat(c.far)
		return err == nil && also == nil
	})
	c.stops = append(c.stops, Start(c.t, Pymodbus, "-c", pymodbusRTU, c.far, c.web))
	Eventually(c.t, "pymodbus", func() bool { return c.Order(`{"response_type": "normal"}`) == nil })
}

// Unplug pulls it out: both ends are gone.
func (c *Cable) Unplug() {
	for _, stop := range c.stops {
		stop()
	}
	c.stops = nil
	os.Remove(c.Near)
	os.Remove(c.far)
}

// Order switches a fault of the slave, in pymodbus's words.
func (c *Cable) Order(fault string) error {
	r, err := http.Post("http://127.0.0.1:"+c.web, "application/json", strings.NewReader(fault))
	if err != nil {
		return err
	}
	return r.Body.Close()
}
