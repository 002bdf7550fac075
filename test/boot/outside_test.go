//go:build boot

package boot

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"watchbox/test/harness"
	"watchbox/test/qemu"
)

// TestOutside looks at a box with two more networks: nmap finds the page's port
// and nothing else, and no packet passes from one network to the other. A further
// server, when a site file can ask for one, is to be scanned here too.
func TestOutside(t *testing.T) {
	t.Parallel()
	left, right := newLAN(t, "left", "192.0.2."), newLAN(t, "right", "198.51.100.")
	b := newBox(t, agent)
	b.more = slices.Concat(left.hardware(), right.hardware())
	b.on()
	b.AwaitAgent(qemu.BootLimit)
	left.connect(right)
	right.connect(left)
	b.awaitPage(qemu.BootLimit)
	b.setUp()
	b.addresses("eth1", left.box(), "eth2", right.box())
	left.page()
	right.page()
	b.Step("in three networks")
	if open := scan(left); open != "443" {
		t.Errorf("nmap finds the ports %q open, want 443 only", open)
	}
	b.Step("nmap finds the page's port and no other")
	nothingPasses(b, left, right)
}

// addresses gives the box a site file with more interfaces.
func (b *box) addresses(pairs ...string) {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "rootfs/etc/watchbox/site-qemu.yaml"))
	if err != nil {
		b.t.Fatal(err)
	}
	const first = "    - {name: eth0, dhcp: true}\n"
	all := first
	for ; len(pairs) > 0; pairs = pairs[2:] {
		all += "    - {name: " + pairs[0] + ", address: " + pairs[1] + "/24}\n"
	}
	site := strings.Replace(string(text), first, all, 1)
	if err := b.api.Send(context.Background(), "POST", "site/file", "application/yaml", strings.NewReader(site), nil); err != nil {
		b.t.Fatalf("site file: %v", err)
	}
}

var openPort = regexp.MustCompile(`(\d+)/open/`)

// scan asks every TCP port of the box from a computer of the network.
func scan(l *lan) string {
	l.t.Helper()
	out, err := exec.Command("ip", "netns", "exec", l.name, "nmap", "-n", "-Pn", "-sS", "-p-", "--min-rate", "4000", "--max-retries", "3", "-oG", "-", l.box()).CombinedOutput()
	if err != nil {
		l.t.Fatalf("nmap: %v: %s (apt-get install nmap)", err, out)
	}
	if !strings.Contains(string(out), "filtered (65534)") {
		l.t.Errorf("nmap did not ask every port: %s", out)
	}
	var open []string
	for _, found := range openPort.FindAllStringSubmatch(string(out), -1) {
		open = append(open, found[1])
	}
	return strings.Join(open, " ")
}

// nothingPasses sends both ways. Then the box is made a router, against all that
// it is built for: the same packets arrive.
func nothingPasses(b *box, left, right *lan) {
	b.t.Helper()
	send := func(text string) {
		left.write(right, text)
		right.write(left, text)
		left.page()
		right.page()
	}
	send("guarded")
	for _, l := range []*lan{left, right} {
		if n := l.arrived("guarded", letters, 2*time.Second); n != 0 {
			b.t.Errorf("%d of %d packets passed the box to %s", n, letters, l.name)
		}
	}
	b.Step("no packet passes")
	b.Order("route")
	send("open")
	for _, l := range []*lan{left, right} {
		if n := l.arrived("open", letters, 20*time.Second); n < letters/2 {
			b.t.Errorf("control: %d of %d packets reach %s through a router: the rig does not see them", n, letters, l.name)
		}
	}
	b.Step("control: packets pass a box that is made a router")
}
