//go:build guest

package guest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The lines of board qemu that the test touches, as site.yaml uses them.
const (
	panicButton = "di 0"
	contact     = "di 1"
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
	}, "/bin/init", "-board", "qemu", "/bin/"+daemon, "-site", "/etc/site.yaml", "-data", "/run/data")
	m.await("the daemon does not watch", is("1"), "used", panicButton)
	if on := m.order("value " + siren); on != "0" {
		t.Fatalf("siren is %s before anything happened", on)
	}
	m.step("first set-up")
	a := setUp(m, page)
	edgesAreCounted(a)
	panicIsPressed(a)
	daemonIsKilled(a)
	personsEndIt(a)
	pressedAgain(a)
	for i, took := range m.armed() {
		t.Logf("life %d of the daemon: armed %v after exec, at 1 ns an instruction", i+1, took)
	}
	if n := strings.Count(m.says(), "init: the daemon commands the outputs"); n != 2 {
		t.Errorf("init heard %d times that the daemon took over, want 2", n)
	}
	backEndTests(m)
}

// edgesAreCounted moves a contact 200 times, faster than a person can.
func edgesAreCounted(a *api) {
	a.m.step("200 edges")
	a.m.order("burst", contact, "200")
	a.m.awaitText("edges are missing", is("200 good"), func() string { return a.point("terminals/di2.edges") })
	if n := a.changes("door1/contact"); n != 200 {
		a.m.t.Errorf("the history shows %d changes of the contact, want 200", n)
	}
	time.Sleep(2 * time.Second) // health is renewed once a second
	if h := a.health(); h.LostEdges != 0 || !h.JournalOK || h.SafeMode {
		a.m.t.Errorf("health %+v: want no edge lost, a journal, no safe mode", h)
	}
}

// panicIsPressed ends with a latched alarm that nobody has acknowledged.
func panicIsPressed(a *api) {
	m := a.m
	m.step("panic button → siren")
	m.order("pull", panicButton, "1")
	m.await("the siren does not sound", is("1"), "value", siren)
	m.await("the lamp is dark", is("1"), "value", lamp)
	m.await("the relay does not close", is("1"), "value", relay)
	m.order("pull", panicButton, "0")
	a.awaitAlarm("after the button was let go", "latched")
}

// daemonIsKilled shows that the outputs outlive the daemon and that the next
// one takes them up where they are.
func daemonIsKilled(a *api) {
	m := a.m
	m.step("kill -9 while the siren sounds")
	raised := a.occurrence()
	first := m.order("pid", daemon)
	m.order("observe value", siren, "value", lamp, "value", relay, "used", panicButton)
	m.order("kill", first, siren)
	m.await("the daemon does not come back", func(pid string) bool { return pid != first && pid != "0" }, "pid", daemon)
	a.awaitAlarm("after the restart", "latched")
	m.await("the relay does not close again", is("1"), "value", relay)
	m.await("the siren does not go on sounding", is("1"), "value", siren)
	m.await("the siren has lost its cadence", is("0"), "value", siren)
	seen := m.observed()

	killed := seen.first("killed", first, 0)
	gone := seen.first("used-"+panicButton, "0", killed)
	back := seen.first("used-"+panicButton, "1", gone)
	if n := len(seen.of("value-" + lamp)); n != 1 {
		m.t.Errorf("the lamp's line moved %d times over the daemon's death", n-1)
	}
	fell := seen.first("value-"+siren, "0", killed)
	if fell < back {
		m.t.Errorf("the siren's line fell %v after the kill, while nobody was there (%v to %v)", fell-killed, gone-killed, back-killed)
	}
	if rested := seen.first("value-"+relay, "0", killed); rested > back {
		m.t.Errorf("the relay rested %v after the kill only", rested-killed)
	}
	if now := a.occurrence(); now != raised {
		m.t.Errorf("the alarm is occurrence %v after the restart, was %v", now, raised)
	}
	if raises := a.raises(); raises != 1 {
		m.t.Errorf("the journal has %d raises of the panic button, want 1", raises)
	}
	m.t.Logf("%d looks; after the kill: the inputs are watched again at %v, the siren's first pause is at %v, the lamp never moved",
		seen.looks, back-killed, fell-killed)
}

// personsEndIt shows that the new daemon commands the lines: silence, acknowledge, reset
// come from a person, over the API.
func personsEndIt(a *api) {
	m := a.m
	m.step("acknowledge, reset")
	a.must("POST", "alarms/zone%2Fpanic/acknowledge", `{}`, nil)
	a.awaitAlarm("after it was acknowledged", "latched acknowledged")
	a.must("POST", "alarms/zone%2Fpanic/reset", `{}`, nil)
	a.awaitAlarm("after the reset", "")
	m.await("the lamp stays lit", is("0"), "value", lamp)
	m.await("the relay stays closed", is("0"), "value", relay)
	m.await("the siren does not stop", is("0"), "value", siren)
	m.order("observe value", siren)
	time.Sleep(1500 * time.Millisecond) // its longest pause is 200 ms
	if seen := m.observed(); len(seen.notes) != 1 {
		m.t.Errorf("the siren goes on after the reset: %v", seen.notes)
	}
}

func pressedAgain(a *api) {
	a.m.step("panic button → siren, with the new daemon")
	a.m.order("pull", panicButton, "1")
	a.m.await("the siren does not sound again", is("1"), "value", siren)
}

// backEndTests runs the tests of drivers/gpio that need a kernel with lines.
func backEndTests(m *machine) {
	m.step("the tests of drivers/gpio, on lines of their own")
	out := m.order("run", "/bin/gpio.test")
	for _, name := range []string{"TestOutput", "TestBusy", "TestDebounce", "TestBurst", "TestPin", "TestUnplug"} {
		if !strings.Contains(out, "--- PASS: "+name+"OnTheKernel") {
			m.t.Errorf("%sOnTheKernel did not pass:\n%s", name, out)
		}
	}
}
