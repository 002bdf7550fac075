//go:build boot

package boot

import (
	"context"
	"fmt"
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
// and nothing else, with the Modbus server on exactly one more and that only from
// where it may be asked, the same with a proxy in its place, and no packet passes from
// one network to the other.
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
	plain := siteWith(t, "eth1", left.box(), "eth2", right.box())
	b.put(plain)
	left.page()
	right.page()
	b.Step("in three networks")
	if open := scan(left, "443"); open != "443" {
		t.Errorf("nmap finds the ports %q open, want 443 only", open)
	}
	b.Step("nmap finds the page's port and no other")
	oneMore(b, plain, left, right)
	proxyInstead(b, plain, left, right)
	nothingPasses(b, left, right)
}

// siteWith is the first site file with more interfaces.
func siteWith(t testing.TB, pairs ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "rootfs/etc/watchbox/site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const first = "    - {name: eth0, dhcp: true}\n"
	all := first
	for ; len(pairs) > 0; pairs = pairs[2:] {
		all += "    - {name: " + pairs[0] + ", address: " + pairs[1] + "/24}\n"
	}
	return strings.Replace(string(text), first, all, 1)
}

// put gives the box a site file.
func (b *box) put(site string) {
	b.t.Helper()
	if err := b.api.Send(context.Background(), "POST", "site/file", "application/yaml", strings.NewReader(site), nil); err != nil {
		b.t.Fatalf("site file: %v", err)
	}
}

var openPort = regexp.MustCompile(`(\d+)/open/`)

// scan asks every TCP port of the box from a computer of the network, and lists
// the open ones. At this rate a loaded machine loses packets: a port that must be
// open and was not seen is asked again, alone.
func scan(l *lan, must ...string) string {
	l.t.Helper()
	out, open := l.nmap("-p-", "--min-rate", "4000", "--max-retries", "3")
	if !strings.Contains(out, fmt.Sprintf("filtered (%d)", 65535-len(open))) {
		l.t.Errorf("nmap did not ask every port: %s", out)
	}
	for _, port := range must {
		if !slices.Contains(open, port) {
			_, alone := l.nmap("-p", port)
			open = append(open, alone...)
		}
	}
	slices.Sort(open)
	return strings.Join(open, " ")
}

// nmap gives what it prints, and the open ports in it.
func (l *lan) nmap(words ...string) (text string, open []string) {
	l.t.Helper()
	words = slices.Concat([]string{"netns", "exec", l.name, "nmap", "-n", "-Pn", "-sS", "-oG", "-"}, words, []string{l.box()})
	out, err := exec.Command("ip", words...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("nmap: %v: %s (apt-get install nmap)", err, out)
	}
	for _, found := range openPort.FindAllStringSubmatch(string(out), -1) {
		open = append(open, found[1])
	}
	return string(out), open
}

// oneMore turns the Modbus server on for one computer, and off again. The daemon
// opens the port with the rights that it has on the image.
func oneMore(b *box, plain string, left, right *lan) {
	b.t.Helper()
	b.put(plain + "modbus-server: {interface: eth1, from: [" + left.computer() + "/32], points: [{number: 1, point: door1/contact}]}\n")
	if w := left.registers(left.computer(), qemu.OrderLimit); w != "0001ffff0000" { // version; no number 0; number 1 is good
		b.t.Errorf("the computer that may ask reads %q", w)
	}
	b.Step("a Modbus master reads the box")
	if open := scan(left, "443", "502"); open != "443 502" {
		b.t.Errorf("with the server on nmap finds the ports %q open, want 443 and 502", open)
	}
	if open := scan(right, "443"); open != "443" {
		b.t.Errorf("in the other network nmap finds the ports %q open, want 443 only", open)
	}
	left.ip("-n", left.name, "address", "add", left.network+"2/24", "dev", left.name)
	if w := left.registers(left.network+"2", 10*time.Second); w != "" {
		b.t.Errorf("a neighbour of the computer that may ask reads %q", w)
	}
	b.Step("nmap finds one port more, from where it may be asked only")
}

// proxyInstead takes the server out and lets the same computer ask a bus through the box.
func proxyInstead(b *box, plain string, left, right *lan) {
	b.t.Helper()
	b.put(plain + "buses: [{id: hall, terminal: RS485-2, baud: 9600}]\n" +
		"modbus-proxy: [{bus: hall, interface: eth1, from: [" + left.computer() + "/32], port: " + proxyPort + ", units: [9]}]\n")
	if w := left.refused(qemu.OrderLimit); w != "09840b" && w != "09840a" { // the box speaks for a wire that is not there
		b.t.Errorf("the computer that may ask a bus is told %q", w)
	}
	left.closed(serverPort)
	if open := scan(left, "443", proxyPort); open != proxyPort+" 443" {
		b.t.Errorf("with the proxy on nmap finds the ports %q open, want 443 and %s", open, proxyPort)
	}
	if _, open := right.nmap("-p", proxyPort+",443"); strings.Join(open, " ") != "443" {
		b.t.Errorf("in the other network the ports %q are open, want 443 only", open)
	}
	b.Step("a proxy in the server's place is one port more, too")
	b.put(plain)
	left.closed(proxyPort)
	b.Step("and both are gone with their sections")
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
