package harness

import (
	"net"
	"path/filepath"
	"testing"

	"watchbox/drivers/gpio/gpiotest"
)

// Bare is a house without fieldsim: the contacts and relays of the box are in
// the test's own hands, as fast as it can move them, and live on when the daemon
// is killed. Serial terminals lead nowhere.
type Bare struct {
	*House
	Room *gpiotest.Server
}

// NewBare makes one with that site file, to which the ways upstream are added.
// The box is not started.
func NewBare(t testing.TB, site string, o Options) *Bare {
	t.Helper()
	h := newHouse(t)
	l, err := net.Listen("unix", filepath.Join(h.sim(), "gpio.sock"))
	if err != nil {
		t.Fatal(err)
	}
	b := &Bare{House: h, Room: gpiotest.Serve(l)}
	t.Cleanup(func() { b.Room.Close() })
	h.furnish(site, o)
	return b
}
