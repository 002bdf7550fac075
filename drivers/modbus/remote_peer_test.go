//go:build peer

package modbus

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"watchbox/drivers/pair"
	"watchbox/drivers/peertest"
	"watchbox/drivers/serial/serialtest"
	"watchbox/firmware/driver"
)

// behind is the bus behind a serial server at the port.
func behind(t *testing.T, port string) *Bus {
	b := NewRTU("far", pair.NewRemote("far", func() (driver.Port, error) { return serialtest.Dial("127.0.0.1:" + port) }, driver.Line{Baud: 19200}))
	t.Cleanup(func() { b.Close() })
	return b
}

// TestPymodbusRTUOverTCP restarts an independent server that speaks RTU on a connection.
func TestPymodbusRTUOverTCP(t *testing.T) {
	port := strconv.Itoa(peertest.FreePort(t))
	restarted(t, behind(t, port), port, "rtu")
}

// TestTransparentSerialServer reads pymodbus on a cable through socat, which passes the
// bytes of one connection at a time on, as most serial servers do: with each of the
// slave's faults, and then while the server restarts.
func TestTransparentSerialServer(t *testing.T) {
	p := peertest.NewCable(t)
	port := strconv.Itoa(peertest.FreePort(t))
	serve := func() (stop func()) {
		return peertest.Start(t, "socat", "TCP-LISTEN:"+port+",bind=127.0.0.1,reuseaddr,fork,max-children=1", "OPEN:"+p.Near+",raw,echo=0")
	}
	stop := serve()
	b := behind(t, port)
	faults(t, p, b)
	well := Manners{Timeout: 5 * time.Second}
	for n := uint16(1); n < 4; n++ {
		stop()
		if err := five(b, well, n, 10); !errors.Is(err, driver.ErrDisconnect) {
			t.Fatalf("server killed: %v", err)
		}
		stop = serve()
		peertest.Eventually(t, "an answer of the server that came back", func() bool { return five(b, well, 90*n, 10) == nil })
	}
}
