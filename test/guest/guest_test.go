//go:build guest

package guest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// The lines of board qemu that the test touches, as site.yaml uses them.
const (
	panicButton = "di 0"
	contact     = "di 1"
	bouncing    = "di 2"
	siren       = "do 0"
	lamp        = "do 1" // steady while the alarm stands; held over the daemon's death
	relay       = "do 2" // the same, but rests when the daemon dies
)

const daemon = "watchboxd"

// TestGuest is one boot of the product: what a person does, then the driver's
// own tests, which bring lines of their own.
func TestGuest(t *testing.T) {
	need(t, "qemu-system-aarch64", "qemu-system-arm")
	need(t, "aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
	modules := kernel(t)
	m := boot(t, map[string]string{
		"/agent":                  build(t, "watchbox/test/guest/agent", withoutC),
		"/bin/init":               build(t, "watchbox/cmd/init", withoutC),
		"/bin/" + daemon:          build(t, "watchbox/cmd/watchboxd", withC),
		"/bin/gpio.test":          buildTest(t, "watchbox/drivers/gpio"),
		"/etc/site.yaml":          "site.yaml",
		"/modules/configfs.ko.xz": filepath.Join(modules, "configfs.ko.xz"),
		"/modules/gpio-sim.ko":    filepath.Join(modules, "gpio-sim.ko"),
	}, noPorts, "/bin/init", "-board", "qemu", "/bin/"+daemon, "-site", "/etc/site.yaml", "-data", "/run/data")
	m.Await("the daemon does not watch", qemu.Is("1"), "used", panicButton)
	if on := m.Order("value " + siren); on != "0" {
		t.Fatalf("siren is %s before anything happened", on)
	}
	m.Step("first set-up")
	a := setUp(m, page)
	edgesAreCounted(a)
	bounceIsOneEvent(a)
	panicIsQuick(a)
	panicIsPressed(a)
	daemonIsKilled(a)
	personsEndIt(a)
	pressedAgain(a)
	lives := m.Armed()
	if len(lives) != 2 {
		t.Errorf("the daemon said %d times that it is armed, want 2", len(lives))
	}
	for i, took := range lives {
		t.Logf("life %d of the daemon: armed %v after exec, at 1 ns an instruction", i+1, took)
	}
	if n := strings.Count(m.Says(), "init: the daemon commands the outputs"); n != 2 {
		t.Errorf("init heard %d times that the daemon took over, want 2", n)
	}
	backEndTests(m)
}

// edgesAreCounted moves a contact 200 times, faster than a person can.
func edgesAreCounted(a *api) {
	a.m.Step("200 edges")
	a.m.Order("burst", contact, "200")
	a.m.AwaitText("edges are missing", qemu.Is("200 good"), func() string { return a.point("terminals/di2.edges") })
	if n := a.changes("door1/contact"); n != 200 {
		a.m.T.Errorf("the history shows %d changes of the contact, want 200", n)
	}
	time.Sleep(2 * time.Second) // health is renewed once a second
	if h := a.health(); h.LostEdges != 0 || !h.JournalOK || h.SafeMode {
		a.m.T.Errorf("health %+v: want no edge lost, a journal, no safe mode", h)
	}
}

// panicIsPressed ends with a latched alarm that nobody has acknowledged.
func panicIsPressed(a *api) {
	m := a.m
	m.Step("panic button → siren")
	m.Order("pull", panicButton, "1")
	m.Await("the siren does not sound", qemu.Is("1"), "value", siren)
	m.Await("the lamp is dark", qemu.Is("1"), "value", lamp)
	m.Await("the relay does not close", qemu.Is("1"), "value", relay)
	m.Order("pull", panicButton, "0")
	a.awaitAlarm("after the button was let go", "latched")
}

// daemonIsKilled shows that the outputs outlive the daemon and that the next
// one takes them up where they are.
func daemonIsKilled(a *api) {
	m := a.m
	m.Step("kill -9 while the siren sounds")
	raised, raises := a.occurrence(), a.raises("zone/panic")
	first := m.Order("pid", daemon)
	m.Order("observe value", siren, "value", lamp, "value", relay, "used", panicButton)
	m.Order("kill", first, siren)
	m.Await("the daemon does not come back", func(pid string) bool { return pid != first && pid != "0" }, "pid", daemon)
	a.awaitAlarm("after the restart", "latched")
	m.Await("the relay does not close again", qemu.Is("1"), "value", relay)
	m.Await("the siren does not go on sounding", qemu.Is("1"), "value", siren)
	m.Await("the siren has lost its cadence", qemu.Is("0"), "value", siren)
	seen := observed(m)

	killed := seen.first("killed", first, 0)
	gone := seen.first("used-"+panicButton, "0", killed)
	back := seen.first("used-"+panicButton, "1", gone)
	if n := len(seen.of("value-" + lamp)); n != 1 {
		m.T.Errorf("the lamp's line moved %d times over the daemon's death", n-1)
	}
	fell := seen.first("value-"+siren, "0", killed)
	if fell < back {
		m.T.Errorf("the siren's line fell %v after the kill, while nobody was there (%v to %v)", fell-killed, gone-killed, back-killed)
	}
	if rested := seen.first("value-"+relay, "0", killed); rested > back {
		m.T.Errorf("the relay rested %v after the kill only", rested-killed)
	}
	if now := a.occurrence(); now != raised {
		m.T.Errorf("the alarm is occurrence %v after the restart, was %v", now, raised)
	}
	if n := a.raises("zone/panic"); n != raises {
		m.T.Errorf("the journal has %d raises of the panic button, before the kill %d", n, raises)
	}
	m.T.Logf("%d looks; after the kill: the inputs are watched again at %v, the siren's first pause is at %v, the lamp never moved",
		seen.looks, back-killed, fell-killed)
}

// personsEndIt shows that the new daemon commands the lines: silence, acknowledge, reset
// come from a person, over the API.
func personsEndIt(a *api) {
	m := a.m
	m.Step("acknowledge, reset")
	a.must("POST", "alarms/zone%2Fpanic/acknowledge", `{}`, nil)
	a.awaitAlarm("after it was acknowledged", "latched acknowledged")
	a.must("POST", "alarms/zone%2Fpanic/reset", `{}`, nil)
	a.awaitAlarm("after the reset", "")
	m.Await("the lamp stays lit", qemu.Is("0"), "value", lamp)
	m.Await("the relay stays closed", qemu.Is("0"), "value", relay)
	m.Await("the siren does not stop", qemu.Is("0"), "value", siren)
	m.Order("observe value", siren)
	time.Sleep(1500 * time.Millisecond) // its longest pause is 200 ms
	if seen := observed(m); len(seen.notes) != 1 {
		m.T.Errorf("the siren goes on after the reset: %v", seen.notes)
	}
}

func pressedAgain(a *api) {
	a.m.Step("panic button → siren, with the new daemon")
	a.m.Order("pull", panicButton, "1")
	a.m.Await("the siren does not sound again", qemu.Is("1"), "value", siren)
}

// backEndTests runs the tests of drivers/gpio that need a kernel with lines.
func backEndTests(m *qemu.Machine) {
	m.Step("the tests of drivers/gpio, on lines of their own")
	out := m.Order("run", "/bin/gpio.test")
	for _, name := range []string{"TestOutput", "TestBusy", "TestDebounce", "TestBurst", "TestPin", "TestUnplug", "TestHeldLine", "TestMissingChip", "TestInheritedLine"} {
		if !strings.Contains(out, "--- PASS: "+name+"OnTheKernel") {
			m.T.Errorf("%sOnTheKernel did not pass:\n%s", name, out)
		}
	}
}
