//go:build guest

package guest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/drivers/onewire/onewiretest"
	"watchbox/test/qemu"
	"watchbox/web"
)

// The chain's sensors, as sensors.yaml names the first two.
const inletROM, outletROM, spareROM = "28-0316a2795f2c", "28-0000075a1b2c", "28-3c01f096aa10"

// TestSensors boots the whole box with the kernel's own drivers: init tells it of an
// LM75 on an I2C bus whose chip is memory (i2c-stub), and a 1-Wire chain is behind the
// PL011 (w1-uart), where our fake answers each bit to the kernel's w1_therm.
func TestSensors(t *testing.T) {
	need(t, "qemu-system-aarch64", "qemu-system-arm")
	need(t, "aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
	need(t, "fdtoverlay", "device-tree-compiler")
	wire := onewiretest.NewWire()
	wire.Set(inletROM, 22.25)
	wire.Set(outletROM, 31)
	files := map[string]string{
		"/agent":                       build(t, "watchbox/test/guest/agent", withoutC),
		"/bin/init":                    build(t, "watchbox/cmd/init", withoutC),
		"/bin/" + daemon:               build(t, "watchbox/cmd/watchboxd", withC),
		"/etc/watchbox/site-qemu.yaml": "sensors.yaml",
	}
	modules := kernel(t)
	for _, name := range []string{"configfs.ko.xz", "gpio-sim.ko", "i2c-dev.ko.xz", "lm75.ko.xz", "i2c-stub.ko", "wire.ko.xz", "w1_therm.ko.xz", "w1-uart.ko"} {
		files["/modules/"+name] = filepath.Join(modules, name)
	}
	m := boot(t, files, []string{"-dtb", withChain(t), "-chardev", "socket,id=chain,path=" + uart(t, wire), "-serial", "chardev:chain"}, "/bin/init")
	m.Order("poke", "0x48", "0", degrees(21.5))
	a := setUp(m, securePage)
	daemonIsConfined(m)
	chipIsRead(a)
	chipIsLostAndFound(a)
	chainIsRead(a, wire)
	sensorIsReplaced(a, wire)
	sensorLosesItsPower(a, wire)
	t.Logf("console:\n%s", m.Says())
}

// withChain is the machine's own tree with a 1-Wire master at its first UART.
func withChain(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	overlay := "/dts-v1/;\n/plugin/;\n&{/pl011@9000000} { onewire { compatible = \"w1-uart\"; }; };\n"
	if err := os.WriteFile(at("chain.dtso"), []byte(overlay), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"qemu-system-aarch64", "-M", "virt,dumpdtb=" + at("virt.dtb"), "-cpu", "cortex-a53", "-m", "384", "-display", "none", "-nic", "none"},
		{"dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", at("chain.dtbo"), at("chain.dtso")},
		{"fdtoverlay", "-i", at("virt.dtb"), "-o", at("chain.dtb"), at("chain.dtbo")},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	return at("chain.dtb")
}

// uart serves the chain to whoever opens its socket.
func uart(t *testing.T, wire *onewiretest.Wire) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "chain") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "uart"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			wire.Serve(conn)
		}
	}()
	return l.Addr().String()
}

// degrees is the LM75's temperature register: nine bits of half degrees, its high
// byte first, which is the low one of an SMBus word.
func degrees(celsius float64) string {
	raw := uint16(int16(celsius*2)) << 7
	return fmt.Sprintf("%#x", raw<<8|raw>>8)
}

// reason is why a point is not good, or its value.
func (a *api) reason(name string) string {
	var p web.PointView
	a.must("GET", "points/"+url.PathEscape(name), "", &p)
	if p.Reason != "" {
		return p.Quality + "/" + p.Reason
	}
	return p.Value.String() + " " + p.Quality
}

func (a *api) awaitReason(name, wanted string) {
	a.m.T.Helper()
	a.await(name, qemu.Is(wanted), func() string { return a.reason(name) })
}

// await asks twice a second: what the guest spends on answers it does not spend on
// its sensors.
func (a *api) await(what string, enough func(string) bool, ask func() string) {
	a.m.T.Helper()
	a.m.AwaitText(what, enough, func() string { time.Sleep(500 * time.Millisecond); return ask() })
}

// trouble is the engineer's error of a device; "" while it is well.
func (a *api) trouble(id string) string {
	var list web.Devices
	a.must("GET", "devices", "", &list)
	for _, d := range list.Devices {
		if d.ID == id && !d.OK {
			return d.Error
		}
	}
	return ""
}

func chipIsRead(a *api) {
	m := a.m
	m.Step("what is in the chip's register is the point")
	a.awaitReason("th1/ambient.temperature", "21.5 good")
	for _, celsius := range []float64{-12.5, 30.5} {
		m.Order("poke", "0x48", "0", degrees(celsius))
		a.awaitReason("th1/ambient.temperature", fmt.Sprint(celsius, " good"))
	}
	a.awaitReason("th2/ambient.temperature", "bad/timeout")
	a.await("no alarm of the missing one", qemu.Is("stands"), func() string { return a.stands("device/th2") })
	a.await("no alarm of the heat", qemu.Is("1"), func() string { return fmt.Sprint(a.standing("hot/")) })
	m.Order("poke", "0x48", "0", degrees(21.5))
	a.await("the alarm of the heat does not end", qemu.Is("0"), func() string { return fmt.Sprint(a.standing("hot/")) })
	if says := a.trouble("th2"); !strings.Contains(says, "0x49 on i2c-0: the kernel has no sensor there") {
		m.T.Errorf("the missing one: %q", says)
	}
	if says := m.Says(); !strings.Contains(says, "sensors: i2c bus i2c-0: no lm75 answers at 0x49") {
		m.T.Error("the console does not tell which sensor is missing")
	}
}

// standing counts the active alarms whose key begins so.
func (a *api) standing(head string) (n int) {
	var list web.Alarms
	a.must("GET", "alarms", "", &list)
	for _, x := range list.Alarms {
		if x.Active && strings.HasPrefix(x.Key, head) {
			n++
		}
	}
	return n
}

// chipIsLostAndFound takes the chip from its driver, which is what the kernel does of
// one that is not there when it looks; init tells the kernel to look again. As the
// other one was missing before, the silence is the bus's.
func chipIsLostAndFound(a *api) {
	m := a.m
	m.Step("the chip is lost, and found again")
	m.Order("write", "/sys/bus/i2c/drivers/lm75/unbind", "0-0048")
	a.awaitReason("th1/ambient.temperature", "bad/timeout")
	a.await("no alarm of the silent bus", qemu.Is("stands"), func() string { return a.stands("bus/climate") })
	m.AwaitIn(qemu.BootLimit, "the sensor is not found again", qemu.Is("21.5 good"), func() string { // init looks after 10, 20, 40 s
		time.Sleep(500 * time.Millisecond)
		return a.reason("th1/ambient.temperature")
	})
}

func chainIsRead(a *api, wire *onewiretest.Wire) {
	m := a.m
	m.Step("a chain of two")
	a.awaitReason("chain1/sensors", "2 good")
	a.awaitReason("inlet/ambient.temperature", "22.25 good")
	a.awaitReason("outlet/ambient.temperature", "31 good")
	wire.Set(inletROM, -5.5)
	a.awaitReason("inlet/ambient.temperature", "-5.5 good")
}

// sensorIsReplaced shows F6: the history of the place goes on with another sensor.
func sensorIsReplaced(a *api, wire *onewiretest.Wire) {
	m := a.m
	m.Step("a sensor dies and is replaced")
	wire.Unplug(inletROM)
	a.awaitReason("inlet/ambient.temperature", "bad/timeout")
	a.awaitReason("outlet/ambient.temperature", "31 good")
	wire.Set(spareROM, 19.75)
	a.awaitReason("chain1/unknown.roms", spareROM+" good")
	a.await("the trouble does not name the new one", func(s string) bool { return strings.Contains(s, spareROM) },
		func() string { return a.trouble("inlet") })
	m.Step(a.trouble("inlet"))
	m.Order("replace", "/data/site.yaml", inletROM, spareROM)
	a.must("POST", "site/reload", "", nil)
	a.awaitReason("inlet/ambient.temperature", "19.75 good")
	a.awaitReason("chain1/unknown", "0 good")
	a.await("the alarm of the dead sensor does not end", qemu.Is("does not stand"), func() string { return a.stands("device/inlet") })
	seen := map[float64]bool{}
	var h web.History
	a.must("GET", "points/inlet%2Fambient.temperature/history?from=-3600&most=5000", "", &h)
	for _, r := range h.Readings {
		if v, ok := r.Value.Float(); ok {
			seen[v] = true
		}
	}
	for _, v := range []float64{22.25, -5.5, 19.75} {
		if !seen[v] {
			m.T.Errorf("the history lost %v °C: %v", v, seen)
		}
	}
}

// sensorLosesItsPower: 85 °C is no temperature.
func sensorLosesItsPower(a *api, wire *onewiretest.Wire) {
	m := a.m
	m.Step("a sensor without power")
	wire.Brownout(outletROM)
	a.awaitReason("outlet/ambient.temperature", "bad/device-fault")
	a.await("the trouble does not tell why", func(s string) bool { return strings.Contains(s, "85.000 °C means that the sensor had no power") },
		func() string { return a.trouble("outlet") })
	a.await("no alarm of the sensor without power", qemu.Is("stands"), func() string { return a.stands("device/outlet") })
	if p := a.reason("inlet/ambient.temperature"); p != "19.75 good" {
		m.T.Errorf("the other one: %s", p)
	}
}
