//go:build boot

package boot

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/update"
	"watchbox/test/qemu"
)

// TestStick is an update by what an installer has in his pocket: sticks that
// must not do anything are plugged into the running box, one of them is pulled out
// while it is read, then the good one, which stays in. The box does what each is
// worth, says so, guards on, and writes to none of them.
func TestStick(t *testing.T) {
	t.Parallel()
	b := newBox(t, agent)
	_, stranger, _ := ed25519.GenerateKey(nil)
	slot, later := bytes.Repeat([]byte("slot"), 1000), update.Version{Minor: 3}
	whole := pack(t, update.Manifest{Board: "qemu", Version: later}, signer(t), slot)
	u := newUSB(b)
	sticks := []struct {
		name, file string
		bundle     []byte
		says       string
		told       event.Type
	}{
		{"holiday", "beach.jpg", slot, "no bundle for this box", event.UpdateStick},
		{"foreign", bundleName(later), pack(t, update.Manifest{Board: "qemu", Version: later}, stranger, slot), "signature", event.UpdateRefused},
		{"older", bundleName(update.Version{Patch: 9}), pack(t, update.Manifest{Board: "qemu", Version: update.Version{Patch: 9}}, signer(t), slot), "older", event.UpdateRefused},
		{"torn", bundleName(later), whole[:len(whole)-3000], "damaged", event.UpdateRefused},
		{"large", bundleName(later), pack(t, update.Manifest{Board: "qemu", Version: later, Compression: "gzip"}, signer(t), make([]byte, 65<<20)), "has room for", event.UpdateRefused},
	}
	for _, s := range sticks {
		u.make(s.name, s.file, s.bundle)
	}
	u.make("pulled", bundleName(update.Version{Minor: 2}), nextBundle(t))
	u.make("good", bundleName(update.Version{Minor: 2}), nextBundle(t))
	b.on()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.mayBringUpdates()
	for _, s := range sticks {
		u.plug(s.name)
		b.stickSays(s.says)
		u.pull()
		b.told(s.told, s.says)
		b.Step(s.name + ": " + s.says)
	}
	u.plug("pulled")
	b.AwaitIn(qemu.OrderLimit, "nothing is written", qemu.Is("written"), func() string {
		if b.update().Written > 1<<20 {
			return "written"
		}
		return b.update().Stick.En
	})
	u.pull()
	b.stickSays("pulled out")
	b.told(event.UpdateRefused, "pulled out")
	b.Step("pulled out in the middle")
	if now := b.runs(); now != "A 0.1.0" || b.update().Phase != update.Idle {
		t.Fatalf("%s runs, %+v", now, b.update())
	}
	b.acknowledges()
	u.plug("good")
	b.comesBack()
	b.Step("on trial")
	if now := b.runs(); now != "B 0.2.0" {
		t.Fatalf("%s runs after the stick, want B 0.2.0", now)
	}
	b.awaitPhase(2*time.Minute, update.Confirmed)
	b.stickSays("was in when the box started")
	b.told(event.UpdateTrying, "0.2.0")
	b.Step("confirmed, and the stick that stayed in is not read again")
	b.off()
	u.untouched()
}

func bundleName(v update.Version) string { return fmt.Sprintf("watchbox-qemu-%v.bundle", v) }

// usb is the socket of a box, and sticks to plug in.
type usb struct {
	box    *box
	folder string
	sticks map[string]string // digests, as they were made
	port   string            // where QEMU takes orders
}

// newUSB gives the box a USB socket. Each stick is as slow as real ones are, so that one
// can be pulled out while it is read.
func newUSB(b *box) *usb {
	u := &usb{box: b, folder: b.t.TempDir(), sticks: map[string]string{}}
	short, err := os.MkdirTemp("", "usb") // it holds a socket
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { os.RemoveAll(short) })
	u.port = filepath.Join(short, "qmp")
	b.more = append(b.more, "-device", "qemu-xhci,id=usb", "-qmp", "unix:"+u.port+",server=on,wait=off", "-object", "throttle-group,id=slow,x-bps-read=4000000")
	return u
}

func (u *usb) path(name string) string { return filepath.Join(u.folder, name) }

// make formats a stick and copies a file onto it, as a person does.
func (u *usb) make(name, file string, content []byte) {
	u.box.t.Helper()
	source := filepath.Join(u.box.t.TempDir(), file)
	if err := os.WriteFile(source, content, 0o644); err != nil {
		u.box.t.Fatal(err)
	}
	if err := os.WriteFile(u.path(name), nil, 0o644); err != nil {
		u.box.t.Fatal(err)
	}
	if err := os.Truncate(u.path(name), 64<<20); err != nil {
		u.box.t.Fatal(err)
	}
	for _, c := range [][]string{{"mkfs.vfat", "-F", "32", u.path(name)}, {"mcopy", "-i", u.path(name), source, "::/"}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			u.box.t.Fatalf("%v: %v\n%s", c, err, out)
		}
	}
	u.sticks[name] = u.digest(name)
	u.box.more = append(u.box.more, "-blockdev", fmt.Sprintf("driver=raw,node-name=%s,file.driver=throttle,file.throttle-group=slow,file.file.driver=file,file.file.filename=%s", name, u.path(name)))
}

func (u *usb) digest(name string) string {
	u.box.t.Helper()
	f, err := os.Open(u.path(name))
	if err != nil {
		u.box.t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		u.box.t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// untouched holds every stick against what it was.
func (u *usb) untouched() {
	u.box.t.Helper()
	for name, was := range u.sticks {
		if u.digest(name) != was {
			u.box.t.Errorf("the box wrote to the stick %s", name)
		}
	}
}

func (u *usb) plug(name string) {
	u.order("device_add", map[string]any{"driver": "usb-storage", "id": "stick", "bus": "usb.0", "drive": name})
}

// pull waits until the box has no stick: the next one is another.
func (u *usb) pull() {
	u.order("device_del", map[string]any{"id": "stick"})
	u.box.AwaitText("the stick is still there", func(answer string) bool { return strings.HasPrefix(answer, "error") },
		func() string { return u.box.Send("read /sys/block/sda/size") })
	time.Sleep(3 * time.Second) // the daemon looks every 2 s
}

// order speaks to QEMU (docs/interop/qmp-spec.txt): a greeting, then answers among events.
func (u *usb) order(what string, arguments map[string]any) {
	u.box.t.Helper()
	conn, err := net.Dial("unix", u.port)
	if err != nil {
		u.box.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(qemu.OrderLimit))
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	for _, o := range []map[string]any{{"execute": "qmp_capabilities"}, {"execute": what, "arguments": arguments}} {
		if err := out.Encode(o); err != nil {
			u.box.t.Fatal(err)
		}
		for answer := map[string]any{}; answer["return"] == nil; {
			answer = map[string]any{}
			if err := in.Decode(&answer); err != nil || answer["error"] != nil {
				u.box.t.Fatalf("order %s: %v %v", what, answer["error"], err)
			}
		}
	}
}

// mayBringUpdates puts it into the site file that a stick may start its firmware, and
// waits until what is plugged in is taken for a person's act.
func (b *box) mayBringUpdates() {
	b.t.Helper()
	site, err := b.api.Raw("/api/v1/site/file")
	if err == nil {
		err = b.api.Send(b.t.Context(), "POST", "site/file", "application/yaml", strings.NewReader(site+"\nusb-stick: switch\n"), nil)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.AwaitText("the guest's time stands still", func(up string) bool {
		var seconds float64
		_, err := fmt.Sscan(up, &seconds)
		return err == nil && seconds > 35
	}, func() string { return b.Order("read", "/proc/uptime") })
}

// stickSays waits for what the page says of the stick.
func (b *box) stickSays(want string) {
	b.t.Helper()
	b.AwaitIn(2*time.Minute, "the page does not say "+want, func(says string) bool { return strings.Contains(says, want) },
		func() string { time.Sleep(200 * time.Millisecond); return b.update().Stick.En })
}

// told looks for the journal's newest record of the kind about a stick.
func (b *box) told(kind event.Type, want string) {
	b.t.Helper()
	b.AwaitText("the journal does not say "+want, func(says string) bool { return strings.Contains(says, want) }, func() (newest string) {
		all, err := b.api.Journal(0)
		for _, r := range all {
			if r.Type == kind && r.Actor == "USB stick" {
				newest = r.Text.En
			}
		}
		return fmt.Sprint(newest, err)
	})
}
