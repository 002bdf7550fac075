//go:build guest

package guest

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// guarded is the daemon under test. Another one is another value here; what it
// says of DI2 and how its siren is silenced differ, the lines do not.
type guarded struct {
	pkg         string // what to build
	environment []string
	flags       []string
	files       map[string]string // path in the guest → file here, besides the program
	arguments   []string
	counts      func(m *machine) string // "edges=N last=N lost=N" of DI2
	silence     func(m *machine)        // ends the siren's noise after a press
	relay       string                  // an output that each press switches on and that rests when the daemon dies; "" for none
}

// How a program is built for the guest: without C, or static with it (SQLite).
var (
	pureEnvironment = []string{"CGO_ENABLED=0"}
	pureFlags       = []string{"-ldflags", "-s -w"}
	cgoEnvironment  = []string{"CGO_ENABLED=1", "CC=aarch64-linux-gnu-gcc"}
	cgoFlags        = []string{"-tags", "sqlite_omit_load_extension,osusergo,netgo", "-ldflags", "-s -w -linkmode external -extldflags '-static'"}
)

// The lines of board qemu that the test touches.
const (
	panicButton = "di 0"
	contact     = "di 1"
	siren       = "do 0"
)

var standin = guarded{
	pkg:         "watchbox/test/guest/standin",
	environment: pureEnvironment,
	flags:       pureFlags,
	arguments:   []string{"/run/standin"},
	counts:      func(m *machine) string { return m.order("file", "/run/standin") },
	silence:     func(m *machine) { m.order("pull", panicButton, "0") },
	relay:       "do 2",
}

func TestGuest(t *testing.T) {
	need(t, "qemu-system-aarch64", "qemu-system-arm")
	daemon := standin
	m := bootWith(t, daemon)
	sirenStory(t, m, daemon)
	backEndTests(t, m)
}

// sirenStory is what a person does: presses, counts, kills, presses again.
func sirenStory(t *testing.T, m *machine, daemon guarded) {
	name := filepath.Base(daemon.pkg)
	m.await("the daemon does not watch", is("1"), "used", panicButton)
	if on := m.order("value " + siren); on != "0" {
		t.Fatalf("siren is %s before anything happened", on)
	}

	t.Log("panic button → siren")
	m.order("pull", panicButton, "1")
	m.await("the siren does not sound", is("1"), "value", siren)
	if daemon.relay != "" {
		m.await("the relay does not close", is("1"), "value", daemon.relay)
	}

	t.Log("200 edges")
	m.order("burst", contact, "200")
	const all = "edges=200 last=200 lost=0" // number 200 was the last, none lost
	m.awaitText("edges are missing", is(all), func() string { return daemon.counts(m) })

	t.Log("kill -9 while the siren sounds")
	m.order("observe " + siren)
	first := m.order("pid " + name)
	m.order("kill " + first)
	if daemon.relay != "" {
		m.await("the relay is not held, and does not rest", is("0"), "value", daemon.relay)
	}
	m.await("the daemon does not come back", func(pid string) bool { return pid != first && pid != "0" }, "pid", name)
	m.await("the new daemon does not watch", is("1"), "used", panicButton)
	var looks, changes int
	if _, err := fmt.Sscan(m.order("observed"), &looks, &changes); err != nil || changes != 0 || looks < 20 {
		t.Errorf("siren line over the daemon's death: %d looks, %d changes, %v; want many and none", looks, changes, err)
	}
	t.Logf("%d looks at the siren line, %d changes", looks, changes)

	t.Log("the new daemon controls the line")
	daemon.silence(m)
	m.await("the siren does not stop", is("0"), "value", siren)
	m.order("pull", panicButton, "0")
	m.order("pull", panicButton, "1")
	m.await("the siren does not sound again", is("1"), "value", siren)
}

// backEndTests runs the tests of drivers/gpio that need a kernel with lines.
func backEndTests(t *testing.T, m *machine) {
	t.Log("the tests of drivers/gpio, on lines of their own")
	out := m.order("run", "/bin/gpio.test")
	for _, name := range []string{"TestOutput", "TestBusy", "TestDebounce", "TestBurst", "TestPin", "TestUnplug"} {
		if !strings.Contains(out, "--- PASS: "+name+"OnTheKernel") {
			t.Errorf("%sOnTheKernel did not pass:\n%s", name, out)
		}
	}
}

func bootWith(t *testing.T, d guarded) *machine {
	t.Helper()
	name := filepath.Base(d.pkg)
	folder, modules := t.TempDir(), kernel(t)
	files := map[string]string{
		"/agent":                  build(t, folder, "watchbox/test/guest/agent", pureEnvironment, pureFlags),
		"/bin/init":               build(t, folder, "watchbox/cmd/init", pureEnvironment, pureFlags),
		"/bin/" + name:            build(t, folder, d.pkg, d.environment, d.flags),
		"/bin/gpio.test":          buildTest(t, folder, "watchbox/drivers/gpio"),
		"/modules/configfs.ko.xz": filepath.Join(modules, "configfs.ko.xz"),
		"/modules/gpio-sim.ko":    filepath.Join(modules, "gpio-sim.ko"),
	}
	maps.Copy(files, d.files)
	return boot(t, files, append([]string{"/bin/init", "-board", "qemu", "/bin/" + name}, d.arguments...)...)
}
