//go:build guest

package guest

import (
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// bench is the hand at the machine's sockets: QEMU's own monitor (QMP).
type bench struct {
	t      *testing.T
	listen net.Listener
	conn   net.Conn
	out    *json.Decoder
}

func newBench(t *testing.T) *bench {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "monitor"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &bench{t: t, listen: l}
}

// hardware is the monitor's part of the machine.
func (b *bench) hardware() []string {
	return []string{"-chardev", "socket,id=monitor,path=" + b.listen.Addr().String(), "-mon", "chardev=monitor,mode=control"}
}

// meet waits for the machine.
func (b *bench) meet() {
	b.t.Helper()
	b.listen.(*net.UnixListener).SetDeadline(time.Now().Add(qemu.OrderLimit))
	conn, err := b.listen.Accept()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	b.conn, b.out = conn, json.NewDecoder(conn)
	b.order("qmp_capabilities", map[string]any{})
}

// order waits for the answer and passes over what QEMU says by itself.
func (b *bench) order(name string, arguments map[string]any) {
	b.t.Helper()
	b.conn.SetDeadline(time.Now().Add(qemu.OrderLimit))
	if err := json.NewEncoder(b.conn).Encode(map[string]any{"execute": name, "arguments": arguments}); err != nil {
		b.t.Fatal(err)
	}
	for {
		var said struct{ Return, Error json.RawMessage }
		if err := b.out.Decode(&said); err != nil {
			b.t.Fatalf("%s: %v", name, err)
		}
		if said.Error != nil {
			b.t.Fatalf("%s: %s", name, said.Error)
		}
		if said.Return != nil {
			return
		}
	}
}

func (b *bench) unplug(adapter string) {
	b.t.Helper()
	b.order("device_del", map[string]any{"id": adapter})
}

// plug puts a serial adapter into a USB socket; wire is the chardev behind it.
func (b *bench) plug(adapter, socket, wire string) {
	b.t.Helper()
	b.order("device_add", map[string]any{"driver": "usb-serial", "id": adapter, "bus": "usb.0", "port": socket, "chardev": wire, "always-plugged": true})
}

// plugged is an adapter that is in its socket when the power comes.
func plugged(adapter, socket, wire string) []string {
	return []string{"-device", "usb-serial,always-plugged=on,bus=usb.0,id=" + adapter + ",port=" + socket + ",chardev=" + wire}
}
