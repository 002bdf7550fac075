//go:build peer

package probe

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// world is the network in which the test runs: loopback addresses that answer, a
// wire behind which nobody is, and no other route.
const world = `set -e
ip link set lo up
ip link add wire type veth peer name end
ip addr add 198.51.100.1/24 dev wire
ip link set wire up
ip link set end up
ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:09 dev wire
exec "$0" -test.run '^TestInside$' -test.v`

// targets and whether they answer: 198.51.100.9 is silent, to 192.0.2.1 there is no route.
var targets = map[string]bool{"127.0.0.1": true, "127.0.0.2": true, "127.9.9.9": true, "198.51.100.1": true, "::1": true,
	"198.51.100.9": false, "192.0.2.1": false}

// fping and our ping see the same hosts, in a network namespace of their own.
// Must run as root.
func TestPeerFpingSeesTheSameHosts(t *testing.T) {
	for name, pkg := range map[string]string{"fping": "fping", "ip": "iproute2", "unshare": "util-linux"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: apt-get install %s", name, pkg)
		}
	}
	for _, groups := range []string{"1 0", "0 2147483647"} { // raw socket, ping socket
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, "unshare", "-n", "sh", "-c", fmt.Sprintf("echo %q > /proc/sys/net/ipv4/ping_group_range\n%s", groups, world), os.Args[0])
		cmd.Env = append(os.Environ(), "PROBE_INSIDE="+groups)
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil || !strings.Contains(string(out), "PASS: TestInside") {
			t.Errorf("ping_group_range %q: %v\n%s", groups, err, out)
		}
		t.Logf("%s", out)
	}
}

// TestInside is the part that runs in the namespace; alone it has nothing to do.
func TestInside(t *testing.T) {
	groups := os.Getenv("PROBE_INSIDE")
	if groups == "" {
		return
	}
	l, err := openLine(false)
	if err != nil {
		t.Fatal(err)
	}
	if l.raw != (groups == "1 0") {
		t.Errorf("raw socket %v with ping_group_range %q", l.raw, groups)
	}
	l.Close()
	var wait sync.WaitGroup
	for host, answers := range targets {
		wait.Go(func() {
			up, latency := ours(t, host)
			fpingUp, report := fping(host)
			if up != answers || fpingUp != answers {
				t.Errorf("%s: we say %v, fping says %v, want %v (%s)", host, up, fpingUp, answers, report)
			}
			t.Logf("%-13s ours: up %v, %s ms; fping: %s", host, up, latency, report)
		})
	}
	wait.Wait()
}

func ours(t *testing.T, host string) (up bool, latency string) {
	p, err := New(driver.Spec{Name: "p", Driver: "ping", Address: host})
	if err != nil {
		t.Error(err)
		return
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = p.Poll(ctx, 0, func(s point.Sample) {
		switch s.Point {
		case "p/up":
			up = s.Value.Truth()
		case "p/latency":
			latency = s.Value.String()
		}
	})
	if err != nil {
		t.Errorf("%s: %v", host, err)
	}
	return up, latency
}

func fping(host string) (up bool, report string) {
	out, err := exec.Command("fping", "-q", "-c", "5", "-p", "50", "-t", "500", host).CombinedOutput()
	return err == nil, strings.TrimSpace(string(out))
}
