//go:build boot

package boot

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/test/qemu"
)

// lan is a network with one computer in it, a namespace of this machine, and the
// box at its address 10. It needs root, as apt does.
type lan struct {
	t       testing.TB
	name    string
	network string // "192.0.2."
	udp     *net.UDPConn
}

func newLAN(t testing.TB, name, network string) *lan {
	t.Helper()
	l := &lan{t: t, name: fmt.Sprintf("wb%s%d", name, os.Getpid()), network: network}
	l.ip("netns", "add", l.name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", l.name).Run() }) // the cable goes with it
	l.ip("tuntap", "add", "dev", l.name, "mode", "tap")
	t.Cleanup(func() { exec.Command("ip", "link", "del", l.name).Run() }) // while it was not moved
	return l
}

func (l *lan) ip(words ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v: %s (apt-get install iproute2; needs root)", strings.Join(words, " "), err, out)
	}
}

// hardware is the box's network card on this network.
func (l *lan) hardware() []string {
	return []string{"-netdev", "tap,id=" + l.name + ",script=no,downscript=no,ifname=" + l.name,
		"-device", "virtio-net-pci,romfile=,netdev=" + l.name}
}

func (l *lan) computer() string { return l.network + "1" }
func (l *lan) box() string      { return l.network + "10" }

// connect puts the cable into the computer, whose way to the other network is
// the box. The machine has to run already.
func (l *lan) connect(other *lan) {
	l.t.Helper()
	l.ip("link", "set", l.name, "netns", l.name)
	l.ip("-n", l.name, "address", "add", l.computer()+"/24", "dev", l.name)
	l.ip("-n", l.name, "link", "set", l.name, "up")
	l.ip("-n", l.name, "route", "add", other.network+"0/24", "via", l.box())
	l.inside(func() (err error) {
		l.udp, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(l.computer()), Port: 5000})
		return err
	})
	l.t.Cleanup(func() { l.udp.Close() })
}

// inside does something on the computer. A thread that cannot be brought home
// ends with its goroutine.
func (l *lan) inside(do func() error) {
	l.t.Helper()
	err := make(chan error)
	go func() {
		runtime.LockOSThread()
		there, e := os.Open("/run/netns/" + l.name)
		if e == nil {
			defer there.Close()
			e = unix.Setns(int(there.Fd()), unix.CLONE_NEWNET)
		}
		if e == nil {
			e = do()
		}
		err <- e
	}()
	if err := <-err; err != nil {
		l.t.Fatalf("on computer %s: %v", l.name, err)
	}
}

// page waits until the box's page answers the computer: what it sent before has
// then been looked at by the box.
func (l *lan) page() {
	l.t.Helper()
	l.inside(func() (err error) {
		for end := time.Now().Add(qemu.OrderLimit); time.Now().Before(end); {
			var conn net.Conn
			if conn, err = net.DialTimeout("tcp", l.box()+":443", 10*time.Second); err == nil {
				return conn.Close()
			}
		}
		return err
	})
}

const letters = 20

// write sends datagrams to the other network's computer.
func (l *lan) write(to *lan, text string) {
	l.t.Helper()
	for range letters {
		if _, err := l.udp.WriteTo([]byte(text), &net.UDPAddr{IP: net.ParseIP(to.computer()), Port: 5000}); err != nil {
			l.t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// arrived counts the datagrams with that text, until enough are there or none
// has come for so long.
func (l *lan) arrived(text string, enough int, patience time.Duration) (n int) {
	b := make([]byte, 100)
	for n < enough {
		l.udp.SetReadDeadline(time.Now().Add(patience))
		size, err := l.udp.Read(b)
		if err != nil {
			return n
		}
		if string(b[:size]) == text {
			n++
		}
	}
	return n
}
