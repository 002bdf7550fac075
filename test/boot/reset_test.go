//go:build bootproof

package boot

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchbox/drivers/system"
	"watchbox/firmware/event"
	"watchbox/test/qemu"
)

// factoryReset gives power with the button for the factory reset held, and lets it go as a
// person does: when its lamp flashes no more.
func (b *box) factoryReset() {
	b.t.Helper()
	b.on("hold-reset")
	b.AwaitAgent(qemu.BootLimit)
	lit := 0
	b.AwaitIn(qemu.BootLimit, "the button's lamp does not stay lit", qemu.Is("lit"), func() string {
		time.Sleep(100 * time.Millisecond)
		if lit++; b.Order("value do 3") != "1" {
			lit = 0
		}
		if lit < 8 { // it flashes twice a second
			return strconv.Itoa(lit)
		}
		return "lit"
	})
	b.Order("pull di 11 0")
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.told(event.BoxErased)
}

// nobodys sees that the box does not guard by the site file of its installer, nor keeps
// it anywhere outside of data.
func (b *box) nobodys() {
	b.t.Helper()
	rings(b)
	if used := b.Order("used di 2"); used != "0" {
		b.t.Errorf("the former installer's terminal is watched: %s", used)
	}
	if kept := b.kept(); strings.Contains(string(kept.Text), "oc/desk") {
		b.t.Error("the former installer's site file is kept beside the boot state")
	}
}

// kept is the site file beside the boot state.
func (b *box) kept() system.AcceptedSite {
	b.t.Helper()
	part := filepath.Join(b.t.TempDir(), "part")
	b.change("bootstate", func(f *os.File, at int64) error {
		all, err := io.ReadAll(io.NewSectionReader(f, at, 1<<20))
		if err != nil {
			return err
		}
		return os.WriteFile(part, all, 0o600)
	})
	site, _ := system.KeptSite{Path: part}.Load() // none is kept
	return site
}

// TestFactoryReset: after it nothing of the former installer is left, not even when the
// box then loses its data.
func TestFactoryReset(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	if !strings.Contains(string(b.kept().Text), "oc/desk") {
		t.Fatal("the installer's site file was never kept")
	}
	id := b.state().Box
	b.factoryReset()
	if !strings.Contains(b.Says(), "factory reset: data is erased") {
		t.Error("the console does not tell of the reset")
	}
	b.nobodys()
	time.Sleep(6 * time.Second)
	b.off()
	if now := b.state().Box; now != id {
		t.Errorf("the box is %s, was %s", now, id)
	}
	b.overwrite("data", 0, bytes.Repeat([]byte("rubbish "), 4<<20/8))
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.says("guards by the site file accepted 20") // the board's own, since the reset
	b.nobodys()
	b.Step("without its data too it guards by nobody's site file")
}

// TestFactoryResetWithoutData: data is beyond repair, then blank. The first is left as it
// is and said to be; the second becomes a new box.
func TestFactoryResetWithoutData(t *testing.T) {
	t.Parallel()
	b := usedBox(t)
	id := b.state().Box
	b.overwrite("data", 0, bytes.Repeat([]byte("rubbish "), 4<<20/8))
	b.factoryReset()
	b.says("guards by the factory site file")
	b.nobodys()
	for _, want := range []string{"the site file that is kept outside of data is forgotten", "the data partition is NOT erased"} {
		if !strings.Contains(b.Says(), want) {
			t.Errorf("the console does not say %q", want)
		}
	}
	b.Step("forgets its installer, and says that data was not erased")
	b.off()
	if now := b.state().Box; now != id {
		t.Errorf("the box is %s, was %s", now, id)
	}
	b.overwrite("data", 0, make([]byte, 4<<20))
	b.seen = 0 // it was another journal
	b.factoryReset()
	b.nobodys()
	if b.alarm("box/data") == "stands" {
		t.Error("a blank data partition is not used")
	}
	time.Sleep(6 * time.Second)
	b.off()
	if now := b.state().Box; now == id || now == "" {
		t.Errorf("a blank partition that is formatted belongs to the box %q, was %q", now, id)
	}
	b.Step("formats a blank data partition")
}

// TestLostSecret: with its data the box has lost a community. It says which, sends
// nothing to the device that needs it, and rings.
func TestLostSecret(t *testing.T) {
	t.Parallel()
	far, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	var heard, knew atomic.Int64
	go func() {
		packet := make([]byte, 1500)
		for {
			n, _, err := far.ReadFrom(packet)
			if err != nil {
				return
			}
			if heard.Add(1); bytes.Contains(packet[:n], []byte("between-us")) {
				knew.Add(1)
			}
		}
	}()
	b := usedBox(t)
	b.secret("edge", "between-us")
	b.open = true
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.logIn()
	port := strconv.Itoa(far.LocalAddr().(*net.UDPAddr).Port)
	b.changeSite(func(site string) string { // 10.0.2.2 is this machine for the guest (QEMU's user network)
		return strings.Replace(site, "\npartitions:\n", "\n  - {id: edge, driver: snmp, address: \"10.0.2.2:"+port+"\", map: system, room: oc, options: {community: \"secret:edge\"}}\n\npartitions:\n", 1)
	})
	b.AwaitText("the device is not asked", func(n string) bool { return n != "0" }, func() string {
		time.Sleep(100 * time.Millisecond)
		return strconv.FormatInt(knew.Load(), 10)
	})
	b.Step("asks the device by its secret")
	time.Sleep(6 * time.Second)
	b.off()
	b.overwrite("data", 0, bytes.Repeat([]byte("rubbish "), 4<<20/8))
	heard.Store(0)
	b.start()
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.reads("box/data", "secrets are missing: edge")
	b.reads("device/edge", "secret edge is missing")
	rings(b)
	b.deskRings()
	time.Sleep(20 * time.Second) // with the secret it was asked in the first
	if n := heard.Load(); n > 0 {
		t.Errorf("%d packets went to the device whose secret is lost", n)
	}
	b.Step("names the secret, sends nothing, rings")
}

// reads waits until a standing alarm says this.
func (b *box) reads(key, want string) {
	b.t.Helper()
	b.AwaitText(key+" does not say "+want, func(text string) bool { return strings.Contains(text, want) }, func() string {
		time.Sleep(300 * time.Millisecond)
		alarms, err := b.api.Alarms()
		for _, a := range alarms {
			if a.Key == key && a.Active {
				return a.ValueText.En
			}
		}
		if err != nil {
			return err.Error()
		}
		return ""
	})
}

// secret stores one on the data of a box without power.
func (b *box) secret(name, value string) {
	b.t.Helper()
	image := b.dataImage()
	text := filepath.Join(b.t.TempDir(), "secret")
	if err := os.WriteFile(text, []byte(value+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	for _, order := range []string{"mkdir secrets", "sif secrets mode 040700", "sif secrets uid 900", "sif secrets gid 900",
		"write " + text + " secrets/" + name, "sif secrets/" + name + " mode 0100600", "sif secrets/" + name + " uid 900", "sif secrets/" + name + " gid 900"} {
		if out, err := exec.Command("/sbin/debugfs", "-w", "-R", order, image).CombinedOutput(); err != nil {
			b.t.Fatalf("%s: %v\n%s", order, err, out)
		}
	}
	b.change("data", func(f *os.File, at int64) error {
		from, err := os.Open(image)
		if err != nil {
			return err
		}
		defer from.Close()
		_, err = io.Copy(io.NewOffsetWriter(f, at), from)
		return err
	})
}
