//go:build guest

package guest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"watchbox/drivers/modem/modemtest"
	"watchbox/test/qemu"
)

const securePage = "https://127.0.0.1/"

// TestBoxOnMemory boots init as the whole operating system on a machine without
// a disk: it runs on memory and says so, makes its own certificate, and the daemon
// rings and uses its ports although it has no right that it does not need.
// pymodbus answers on the PL011 and on a USB adapter, and a modem is on another
// adapter: our own fake, for which smstools vouches (drivers/modem).
func TestBoxOnMemory(t *testing.T) {
	need(t, "qemu-system-aarch64", "qemu-system-arm")
	need(t, "aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
	modules := kernel(t)
	phone, b := modemtest.New(), newBench(t)
	m := boot(t, withUSB(map[string]string{
		"/agent":                       build(t, "watchbox/test/guest/agent", withoutC),
		"/bin/init":                    build(t, "watchbox/cmd/init", withoutC),
		"/bin/" + daemon:               build(t, "watchbox/cmd/watchboxd", withC),
		"/etc/watchbox/site-qemu.yaml": "ports.yaml",
		"/modules/configfs.ko.xz":      filepath.Join(modules, "configfs.ko.xz"),
		"/modules/gpio-sim.ko":         filepath.Join(modules, "gpio-sim.ko"),
	}, modules), slices.Concat(b.hardware(), wires(t, phone), plugged("modem", "1", "modem"), plugged("adapter", "3", "adapter")), "/bin/init")
	b.meet()
	m.Await("the daemon does not watch", qemu.Is("1"), "used", panicButton)
	m.Step("first set-up over TLS")
	a := setUp(m, securePage)
	daemonIsConfined(m)
	boxSaysWhatItFound(a)
	busesAreRead(a)
	a.awaitPoint("sms/registered", "true good")
	m.Step("panic button → siren, confined")
	m.Order("pull", panicButton, "1")
	m.Await("the siren does not sound", qemu.Is("1"), "value", siren)
	m.Order("pull", panicButton, "0")
	a.awaitAlarm("after the button was let go", "latched")
	messageLeaves(a, phone)
	adapterComesBack(a, b)
	first := m.Order("pid", daemon)
	m.Order("kill", first, siren)
	m.Await("the daemon does not come back", func(pid string) bool { return pid != first && pid != "0" }, "pid", daemon)
	a.awaitAlarm("after the restart", "latched")
	about := 0 // of the bus that was lost meanwhile people hear as well
	for _, s := range phone.Sent() {
		if strings.Contains(s.Text, "URGENT: Panic button") {
			about++
		}
	}
	if about != 1 {
		t.Errorf("%d messages left the box for one panic, want 1: %+v", about, phone.Sent())
	}
	if n := a.records("box.reset"); n != 1 {
		t.Errorf("the start of the machine is journaled %d times, want once over two lives of the daemon", n)
	}
}

// daemonIsConfined reads what the kernel says of the daemon's rights.
func daemonIsConfined(m *qemu.Machine) {
	m.T.Helper()
	status := m.Order("read", "/proc/"+m.Order("pid", daemon)+"/status")
	fields := strings.Join(strings.Fields(status), " ")
	for _, want := range []string{"Uid: 900 900 900 900", "Gid: 900 900 900 900", "CapPrm: 0000000000000400", "CapEff: 0000000000000400",
		"CapAmb: 0000000000000400", "NoNewPrivs: 1", "Seccomp: 2"} {
		if !strings.Contains(fields, want) {
			m.T.Errorf("want %q of the daemon, there is: %s", want, fields)
		}
	}
}

// boxSaysWhatItFound looks for the standing trouble, the record of the start, and
// a certificate of this box.
func boxSaysWhatItFound(a *api) {
	a.m.T.Helper()
	a.m.AwaitText("no alarm of the lost data", qemu.Is("stands"), func() string { return a.stands("box/data") })
	if n := a.records("box.reset"); n != 1 {
		a.m.T.Errorf("%d records of the machine's start, want 1", n)
	}
	if text := a.m.Order("read", "/run/watchbox/last-boot.json"); !strings.Contains(text, `"cause": "power"`) || !strings.Contains(text, `"slot": "A"`) {
		a.m.T.Errorf("last boot: %s", text)
	}
	says := a.m.Says()
	if !strings.Contains(says, "page: certificate SHA-256 ") {
		a.m.T.Error("the console shows no certificate")
	}
	for _, never := range []string{"is not held", "may touch every file"} {
		if strings.Contains(says, never) {
			a.m.T.Errorf("the console says %q", never)
		}
	}
	a.m.T.Logf("console:\n%s", says)
}
