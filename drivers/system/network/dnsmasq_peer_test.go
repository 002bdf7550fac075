//go:build peer

package network

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/config"
)

// The box's network is a name space of its own: this test runs itself in one,
// beside a room with dnsmasq as the router, and looks at the box from there with
// ip, nft and a plain connection.
const insideBox = "WATCHBOX_NETWORK_TEST"

type room struct {
	t         *testing.T
	box, desk string // names of the name spaces
}

func (r *room) do(space string, words ...string) string {
	r.t.Helper()
	out, err := r.try(space, words...)
	if err != nil {
		r.t.Fatalf("%s: %v: %v\n%s", space, words, err, out)
	}
	return out
}

func (r *room) try(space string, words ...string) (string, error) {
	if space != "" {
		words = append([]string{"ip", "netns", "exec", space}, words...)
	}
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	return string(out), err
}

// TestBesideDnsmasq follows a cable through lease, pull, another network and a
// static address, and the firewall through a change of the site file.
func TestBesideDnsmasq(t *testing.T) {
	if folder := os.Getenv(insideBox); folder != "" {
		manage(t, folder)
		return
	}
	for _, program := range []string{"dnsmasq", "nft", "ip", "fping", "socat"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: apt-get install dnsmasq-base nftables iproute2 fping socat", err)
		}
	}
	r := &room{t, fmt.Sprintf("wbox%d", os.Getpid()), fmt.Sprintf("wdesk%d", os.Getpid())}
	for _, space := range []string{r.box, r.desk} {
		r.do("", "ip", "netns", "add", space)
		t.Cleanup(func() { r.try("", "ip", "netns", "del", space) })
	}
	for i, wire := range []string{"eth0", "eth1"} {
		r.do("", "ip", "link", "add", wire, "netns", r.box, "type", "veth", "peer", "name", "far"+wire, "netns", r.desk)
		r.do(r.desk, "ip", "addr", "add", fmt.Sprintf("192.0.2.%d/25", 1+128*i), "dev", "far"+wire)
		r.do(r.desk, "ip", "link", "set", "far"+wire, "up")
	}
	r.do(r.desk, "ip", "link", "set", "lo", "up")
	r.do(r.box, "ip", "link", "set", "lo", "up")
	folder := t.TempDir()
	r.dnsmasq(folder, "fareth0", "192.0.2.50,192.0.2.59", "192.0.2.1")
	site := filepath.Join(folder, "site.yaml")
	write(t, site, "version: 1\nid: x\nboard: qemu\n")
	manager := r.manager(folder)

	r.await("an address", "192.0.2.5", r.box, "ip", "-4", "addr", "show", "dev", "eth0")
	r.await("a way out", "default via 192.0.2.1 dev eth0", r.box, "ip", "route")
	if text, _ := os.ReadFile(filepath.Join(folder, "resolv.conf")); !strings.Contains(string(text), "nameserver 192.0.2.1\n") {
		t.Errorf("resolver: %q", text)
	}
	if out := r.do(r.box, "nft", "list", "ruleset"); strings.Count(out, "policy drop") != 2 || !strings.Contains(out, "tcp dport 443 accept") {
		t.Errorf("firewall:\n%s", out)
	}
	address := strings.TrimSuffix(strings.Fields(r.do(r.box, "ip", "-4", "-o", "addr", "show", "dev", "eth0"))[3], "/25")
	for port, open := range map[string]bool{"443": true, "80": false, "8080": false} {
		r.listen(port)
		if got := r.connect(address, port); got != open {
			t.Errorf("port %s answers: %v, want %v", port, got, open)
		}
	}
	r.listen("502")
	for master, open := range map[string]bool{"192.0.2.1": true, "192.0.2.2": false} {
		write(t, site, "version: 1\nid: x\nboard: qemu\nmodbus-server: {interface: eth0, from: ["+master+"/32]}\n")
		if err := manager.Process.Signal(hangup); err != nil {
			t.Fatal(err)
		}
		r.await("the server's rule", "ip saddr "+master+` iifname "eth0" tcp dport 502 accept`, r.box, "nft", "list", "ruleset")
		if got := r.connect(address, "502"); got != open {
			t.Errorf("a master at 192.0.2.1 reaches the server for %s: %v, want %v", master, got, open)
		}
	}
	if out, err := r.try(r.desk, "fping", "-r", "2", address); err != nil {
		t.Errorf("no echo: %s", out)
	}
	if got := strings.TrimSpace(r.do(r.box, "cat", "/proc/sys/net/ipv4/ip_forward")); got != "0" {
		t.Errorf("the box forwards: %s", got)
	}

	t.Log("the cable goes to another network")
	r.do(r.desk, "ip", "link", "set", "fareth0", "down")
	r.do(r.desk, "ip", "addr", "flush", "dev", "fareth0")
	r.do(r.desk, "ip", "addr", "add", "198.51.100.1/24", "dev", "fareth0")
	time.Sleep(1500 * time.Millisecond) // longer than a look
	r.do(r.desk, "ip", "link", "set", "fareth0", "up")
	r.dnsmasq(folder, "fareth0", "198.51.100.50,198.51.100.59", "198.51.100.1")
	r.await("an address of the other network", "198.51.100.5", r.box, "ip", "-4", "addr", "show", "dev", "eth0")
	if out := r.do(r.box, "ip", "-4", "addr", "show", "dev", "eth0"); strings.Contains(out, "192.0.2.") {
		t.Errorf("the old address stays:\n%s", out)
	}

	t.Log("static, with a second way out")
	write(t, site, "version: 1\nid: x\nboard: qemu\nnetwork:\n  interfaces:\n    - {name: eth0, address: 198.51.100.10/24, gateway: 198.51.100.1}\n"+
		"    - {name: eth1, address: 192.0.2.130/25, gateway: 192.0.2.129}\n  page: {interface: eth1}\n")
	if err := manager.Process.Signal(hangup); err != nil {
		t.Fatal(err)
	}
	r.await("the static address", "198.51.100.10/24", r.box, "ip", "-4", "addr", "show", "dev", "eth0")
	r.await("the second way out", "default via 192.0.2.129 dev eth1 metric 200", r.box, "ip", "route")
	r.await("the page's rule", `iifname "eth1" tcp dport 443 accept`, r.box, "nft", "list", "ruleset")
	if r.connect("198.51.100.10", "443") {
		t.Error("the page answers on the side where it shall not")
	}
	r.await("the first way out", "via 198.51.100.1 dev eth0", r.box, "ip", "route", "get", "203.0.113.1")
	r.do(r.desk, "ip", "link", "set", "fareth0", "down")
	r.await("the second way out is taken", "via 192.0.2.129 dev eth1", r.box, "ip", "route", "get", "203.0.113.1")
}

// manage is the box's side: it ends with its standard input.
func manage(t *testing.T, folder string) {
	m := &Manager{Sys: filepath.Join(folder, "sys"), Proc: "/proc/sys/net", Resolv: filepath.Join(folder, "resolv.conf"), Host: "watchbox-test", Kick: make(chan struct{}, 1),
		Site: func() *config.Site {
			text, _ := os.ReadFile(filepath.Join(folder, "site.yaml"))
			site, problems := config.Parse("site.yaml", text)
			if site == nil {
				t.Log(problems)
				return &config.Site{}
			}
			return site
		}}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		os.Stdin.Read(make([]byte, 1))
		stop()
	}()
	m.Run(ctx, hangups())
}

func (r *room) manager(folder string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "sys"), 0o700); err != nil {
		r.t.Fatal(err)
	}
	// sysfs shows the interfaces of the name space in which it was mounted.
	script := `mount -t sysfs sys "$1/sys" && exec "$2" -test.run TestBesideDnsmasq -test.v`
	c := exec.Command("ip", "netns", "exec", r.box, "unshare", "-m", "sh", "-c", script, "sh", folder, self)
	c.Env = append(os.Environ(), insideBox+"="+folder)
	var says bytes.Buffer
	c.Stdout, c.Stderr = &says, &says
	end, err := c.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		end.Close()
		c.Wait()
		if r.t.Failed() {
			r.t.Logf("the box says:\n%s", says.String())
		}
	})
	return c
}

func (r *room) dnsmasq(folder, wire, pool, router string) {
	c := exec.Command("ip", "netns", "exec", r.desk, "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
		"--user=root", "--interface="+wire, "--bind-interfaces", "--port=0", "--no-ping", "--dhcp-authoritative",
		"--dhcp-range="+pool+",2m", "--dhcp-option=3,"+router, "--dhcp-option=6,"+router, "--pid-file=", "--dhcp-leasefile="+filepath.Join(folder, "leases"+router), "--log-dhcp", "--log-facility=-")
	var says bytes.Buffer
	c.Stdout, c.Stderr = &says, &says
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if r.t.Failed() {
			r.t.Logf("dnsmasq for %s:\n%s", pool, says.String())
		}
	})
}

// listen opens a port of the box; connect tries one from the desk.
func (r *room) listen(port string) {
	c := exec.Command("ip", "netns", "exec", r.box, "socat", "TCP-LISTEN:"+port+",fork,reuseaddr", "OPEN:/dev/null")
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	r.await("port "+port, ":"+port, r.box, "ss", "-ltn")
}

func (r *room) connect(address, port string) bool {
	_, err := r.try(r.desk, "socat", "-u", "OPEN:/dev/null", "TCP:"+net.JoinHostPort(address, port)+",connect-timeout=2")
	return err == nil
}

func (r *room) await(what, want, space string, words ...string) {
	r.t.Helper()
	out := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if out, _ = r.try(space, words...); strings.Contains(out, want) {
			return
		}
	}
	r.t.Fatalf("%s: want %q in\n%s", what, want, out)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
