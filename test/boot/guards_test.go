//go:build boot

package boot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"watchbox/test/qemu"
)

// TestGuards is one life of the box from its first start on: what it guards as
// it comes from the factory, and what it lets nobody do.
func TestGuards(t *testing.T) {
	t.Parallel()
	b := newBox(t, agent, strangers...)
	b.on()
	b.AwaitAgent(qemu.BootLimit)
	b.awaitPage(qemu.BootLimit)
	b.Step("page over TLS")
	onePortOnly(b)
	rootIsClosed(b)
	daemonHasNoRights(b)
	b.Await("the kernel waits when RS485-1 is closed", func(wait string) bool { return strings.TrimSpace(wait) == "65535" }, "read /sys/class/tty/ttyAMA0/closing_wait")
	b.setUp()
	b.Step("set up")
	saysWhatIsInIt(b)
	panicRings(b)
}

// saysWhatIsInIt reads the papers of the image from the page.
func saysWhatIsInIt(b *box) {
	b.t.Helper()
	for paper, part := range map[string]string{"materials.json": "go-sqlite3", "licences.txt": "GNU General Public License, version 2"} {
		if text, err := b.api.Raw("/api/v1/" + paper); err != nil || !strings.Contains(text, part) {
			b.t.Errorf("%s does not speak of %q: %v, %.200s", paper, part, err, text)
		}
	}
}

// strangers are ports that a box of this kind is often found open on, and one
// that the test opens itself.
var strangers = []int{22, 23, 80, 502, 1883, 8080, opened}

const opened = 9000

// onePortOnly looks from inside for what listens, and from outside for what
// answers. A listener that should not be there stays behind the firewall.
func onePortOnly(b *box) {
	b.t.Helper()
	if open := b.Order("ports"); open != "tcp/443" {
		b.t.Errorf("the box listens on %q, want tcp/443 only", open)
	}
	b.Order("listen", fmt.Sprint(opened))
	if answer := b.Order("ask - GET", fmt.Sprintf("http://127.0.0.1:%d/", opened), "-"); !strings.HasPrefix(answer, "404 ") {
		b.t.Fatalf("the test's own listener answers %q", answer)
	}
	for _, port := range strangers {
		if answer := b.reach(port); answer != "" {
			b.t.Errorf("port %d answers from outside: %s", port, answer)
		}
	}
	if b.alive() != "up" {
		b.t.Error("the page does not answer any more")
	}
}

// reach asks a port over HTTP; "" when nothing comes.
func (b *box) reach(port int) string {
	answer, err := (&http.Client{Timeout: time.Second}).Get(fmt.Sprintf("http://127.0.0.1:%d/", b.ports[port]))
	if err != nil {
		return ""
	}
	answer.Body.Close()
	return answer.Status
}

// rootIsClosed reads how the kernel has mounted root and data, and what it forwards.
func rootIsClosed(b *box) {
	b.t.Helper()
	mounts := b.Order("read", "/proc/mounts")
	for _, want := range []string{"/dev/root / squashfs ro,", " /data ext4 rw,nosuid,nodev,noexec,noatime", " /tmp tmpfs rw,nosuid,nodev,noexec", " /dev devtmpfs rw,nosuid,noexec"} {
		if !strings.Contains(mounts, want) {
			b.t.Errorf("mounts: want %q in %s", want, mounts)
		}
	}
	for path, want := range map[string]string{"/proc/sys/net/ipv4/ip_forward": "0", "/proc/sys/net/ipv6/conf/all/forwarding": "0"} {
		if got := strings.TrimSpace(b.Order("read", path)); got != want {
			b.t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if answer := b.Send("fill /etc/x"); !strings.Contains(answer, "read-only file system") {
		b.t.Errorf("a file in the root: %q, want a refusal", answer)
	}
}

// daemonHasNoRights reads what the kernel says of the daemon: its own user, one
// capability, the one for the page's port (CAP_NET_BIND_SERVICE, 10), and no way to more.
func daemonHasNoRights(b *box) {
	b.t.Helper()
	status := b.Order("read", "/proc/"+b.Order("pid", "watchboxd")+"/status")
	fields := strings.Join(strings.Fields(status), " ")
	for _, want := range []string{"Uid: 900 900 900 900", "Gid: 900 900 900 900", "CapPrm: 0000000000000400", "CapEff: 0000000000000400",
		"CapAmb: 0000000000000400", "NoNewPrivs: 1", "Seccomp: 2"} {
		if !strings.Contains(fields, want) {
			b.t.Errorf("want %q of the daemon, there is: %s", want, fields)
		}
	}
}

// panicRings presses the panic button of the site that the box comes with.
func panicRings(b *box) {
	b.t.Helper()
	if on := b.Order("value do 0"); on != "0" {
		b.t.Errorf("the siren is %s before anything happened", on)
	}
	b.Order("observe value do 0")
	began := time.Now()
	b.Order("pull di 0 1")
	b.Await("the siren does not sound", qemu.Is("1"), "value do 0")
	b.t.Logf("panic button → siren within %v, orders and all", time.Since(began).Round(time.Millisecond))
	listed := func(answer string) bool { return answer == "listed" } // the siren goes first, the list follows
	b.AwaitText("the panic button is on no list of alarms", listed, func() string {
		alarms, err := b.api.Alarms()
		if err == nil && len(alarms) > 0 {
			return "listed"
		}
		return fmt.Sprint(alarms, err)
	})
	b.Order("observed")
}
