//go:build peer

package wiring

import (
	"fmt"
	"net"
	"testing"

	"watchbox/drivers/peertest"
)

// TestAnOwnMapReadsPymodbus: a box whose data directory holds a map that a person put
// there reads a server that we did not write; holding register 10 of it holds 5010.
func TestAnOwnMapReadsPymodbus(t *testing.T) {
	peertest.Need(t, "python3-pymodbus", "/usr/bin/pymodbus.server")
	port := fmt.Sprint(peertest.FreePort(t))
	peertest.Start(t, peertest.Pymodbus, "../../drivers/modbus/testdata/tcp_server.py", port, "socket")
	address := net.JoinHostPort("127.0.0.1", port)
	peertest.Eventually(t, "pymodbus", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	b := newLab(t, address)
	b.start()
	must(t, b.PutMap(t.Context(), "own/flow", flow("0.1"), "li"))
	must(t, b.PutSite(t.Context(), []byte(b.site("own/flow")), "li", 0))
	b.reads("flow/flow.rate", "501")
	b.end()
	b.start() // from the data directory alone
	b.reads("flow/flow.rate", "501")
}
