//go:build guest

package guest

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/modem/modemtest"
	"watchbox/test/qemu"
)

// usb are the modules of a serial adapter.
var usb = []string{"usb-common", "usbcore", "xhci-hcd", "xhci-pci", "usbserial", "ftdi_sio"}

// withUSB adds them to the files of a guest.
func withUSB(files map[string]string, modules string) map[string]string {
	for _, name := range usb {
		files["/modules/"+name+".ko.xz"] = filepath.Join(modules, name+".ko.xz")
	}
	return files
}

// wires are the PL011 with a bus behind it, a USB controller, and the wires for
// its adapters: another bus, the modem, one that nobody answers on.
func wires(t *testing.T, phone *modemtest.Modem) []string {
	fixed, adapter := slaves(t, "224,465"), slaves(t, "315,200")
	return []string{"-chardev", "socket,id=fixed,host=127.0.0.1,port=" + fixed, "-serial", "chardev:fixed",
		"-device", "qemu-xhci,id=usb",
		"-chardev", "socket,id=adapter,host=127.0.0.1,port=" + adapter,
		"-chardev", "socket,id=modem,path=" + antenna(t, phone), "-chardev", "null,id=nobody"}
}

// slaves starts pymodbus and waits until it listens.
func slaves(t *testing.T, registers string) (port string) {
	t.Helper()
	need(t, "pymodbus.server", "python3-pymodbus")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	var says strings.Builder
	command := exec.Command("/usr/bin/python3", "testdata/slaves.py", port+"="+registers)
	command.Stderr = &says
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("pymodbus:\n%s", says.String())
		}
	})
	for end := time.Now().Add(qemu.OrderLimit); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return port
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// antenna serves the modem to whoever plugs in.
func antenna(t *testing.T, phone *modemtest.Modem) string {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "modem"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			phone.Serve(conn)
		}
	}()
	return l.Addr().String()
}

func busesAreRead(a *api) {
	a.m.T.Helper()
	a.m.Step("two buses are read")
	a.awaitPoint("th1/ambient.temperature", "22.4 good")
	a.awaitPoint("th2/ambient.temperature", "31.5 good")
	if turns := a.m.Order("turns", "/dev/ttyAMA0"); turns != "1" {
		a.m.T.Error("the kernel does not turn the RS-485 line round")
	}
}

// messageLeaves waits for the SMS of the panic.
func messageLeaves(a *api, phone *modemtest.Modem) {
	a.m.T.Helper()
	a.m.AwaitText("no whole SMS", qemu.Is("1 true"), func() string {
		all := phone.Sent()
		return fmt.Sprint(len(all), len(all) == 1 && all[0].Complete)
	})
	s := phone.Sent()[0]
	if s.To != "+8613800000001" || !strings.Contains(s.Text, "Panic button") {
		a.m.T.Errorf("the SMS: %+v", s)
	}
	a.m.Step(fmt.Sprintf("SMS: %q", s.Text))
}

// adapterComesBack pulls an adapter, gives its number to another one, and puts it
// back: its bus is in the same socket, and the other bus never noticed.
func adapterComesBack(a *api, b *bench) {
	m := a.m
	const node = "/sys/bus/usb/devices/1-3:1.0/ttyUSB*"
	m.Step("the adapter is pulled")
	before := m.Order("find", node)
	b.unplug("adapter")
	m.AwaitText("no alarm of the lost bus", qemu.Is("stands"), func() string { return a.stands("bus/adapter") })
	if p := a.point("th1/ambient.temperature"); p != "22.4 good" {
		m.T.Errorf("the other bus reads %s meanwhile", p)
	}
	m.Step("it comes back under another number")
	b.plug("reader", "2", "nobody")
	m.Await("no second adapter under the number of the first", func(found string) bool { return filepath.Base(found) == filepath.Base(before) },
		"find", "/sys/bus/usb/devices/1-2:1.0/ttyUSB*")
	b.plug("adapter", "3", "adapter")
	m.AwaitText("the alarm of the bus does not end", qemu.Is("does not stand"), func() string { return a.stands("bus/adapter") })
	a.awaitPoint("th2/ambient.temperature", "31.5 good")
	after := m.Order("find", node)
	if before == "" || filepath.Base(before) == filepath.Base(after) {
		m.T.Errorf("the adapter is %q, was %q: it has to be another number", after, before)
	}
	for key, want := range map[string]int{"bus/adapter": 1, "bus/fixed": 0, "device/th1": 0, "channel/sms": 0} {
		if n := a.raises(key); n != want {
			m.T.Errorf("%d alarms %s, want %d", n, key, want)
		}
	}
	m.Step(fmt.Sprintf("%s, then %s", filepath.Base(before), filepath.Base(after)))
}
