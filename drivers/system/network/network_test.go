package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/nftables/expr"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"golang.org/x/sys/unix"

	"watchbox/drivers/system/network/internal/judge"
	"watchbox/firmware/config"
)

func TestWanted(t *testing.T) {
	if got := Wanted(nil, []string{"eth1", "eth0"}); !reflect.DeepEqual(got, []Want{{Name: "eth0", DHCP: true, Metric: 100}, {Name: "eth1", DHCP: true, Metric: 200}}) {
		t.Errorf("without a section: %+v", got)
	}
	n := &config.Network{Interfaces: []config.Interface{
		{Name: "eth1", Address: "192.0.2.10/24", Gateway: "192.0.2.1", DNS: []string{"192.0.2.53"}}, {Name: "eth0", DHCP: true, Metric: 50}}}
	got := Wanted(n, []string{"eth0", "eth1", "eth2"})
	want := []Want{{Name: "eth1", Address: netip.MustParsePrefix("192.0.2.10/24"), Gateway: netip.MustParseAddr("192.0.2.1"),
		DNS: []netip.Addr{netip.MustParseAddr("192.0.2.53")}, Metric: 100}, {Name: "eth0", DHCP: true, Metric: 50}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func ack(modifiers ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	p, err := dhcpv4.New(modifiers...)
	if err != nil {
		panic(err)
	}
	return p
}

func TestLease(t *testing.T) {
	good := []dhcpv4.Modifier{dhcpv4.WithYourIP(net.IPv4(192, 0, 2, 77)), dhcpv4.WithNetmask(net.CIDRMask(24, 32)),
		dhcpv4.WithRouter(net.IPv4(192, 0, 2, 1)), dhcpv4.WithDNS(net.IPv4(192, 0, 2, 53)), dhcpv4.WithLeaseTime(3600)}
	l, err := leaseOf(ack(good...))
	if err != nil || l.Address.String() != "192.0.2.77/24" || l.Gateway.String() != "192.0.2.1" || l.Last != time.Hour || l.Renew != 30*time.Minute || len(l.DNS) != 1 {
		t.Errorf("%+v, %v", l, err)
	}
	with := func(m ...dhcpv4.Modifier) *dhcpv4.DHCPv4 { return ack(append(good, m...)...) }
	if l, _ := leaseOf(with(dhcpv4.WithLeaseTime(1))); l.Last != shortestLease || l.Renew < 30*time.Second {
		t.Errorf("a lease of a second: %+v", l)
	}
	if l, _ := leaseOf(with(dhcpv4.WithLeaseTime(0xffffffff))); l.Last != longestLease {
		t.Errorf("a lease for ever: %+v", l)
	}
	if l, _ := leaseOf(with(dhcpv4.WithRouter(net.IPv4(198, 51, 100, 1)))); l.Gateway.IsValid() {
		t.Errorf("a gateway elsewhere is taken: %+v", l)
	}
	for name, p := range map[string]*dhcpv4.DHCPv4{
		"no address": ack(dhcpv4.WithNetmask(net.CIDRMask(24, 32))), "no mask": ack(good[0]), "loopback": with(dhcpv4.WithYourIP(net.IPv4(127, 0, 0, 1))),
		"everything": with(dhcpv4.WithNetmask(net.CIDRMask(0, 32))), "multicast": with(dhcpv4.WithYourIP(net.IPv4(224, 0, 0, 1))),
	} {
		if l, err := leaseOf(p); err == nil {
			t.Errorf("%s is taken: %+v", name, l)
		}
	}
}

func FuzzLease(f *testing.F) {
	f.Add(ack(dhcpv4.WithYourIP(net.IPv4(192, 0, 2, 77)), dhcpv4.WithNetmask(net.CIDRMask(24, 32)), dhcpv4.WithLeaseTime(3600)).ToBytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := dhcpv4.FromBytes(b)
		if err != nil {
			return
		}
		if l, err := leaseOf(p); err == nil && (l.Renew < shortestLease/2 || l.Last > longestLease || l.Renew > l.Last || !l.Address.IsValid()) {
			t.Errorf("%+v", l)
		}
	})
}

func TestPatience(t *testing.T) {
	l := Lease{Last: 10 * time.Minute}
	for age, want := range map[time.Duration]time.Duration{5 * time.Minute: 150 * time.Second, 9 * time.Minute: time.Minute, 595 * time.Second: 5 * time.Second, 10 * time.Minute: 0, time.Hour: 0} {
		if got := l.again(age); got != want {
			t.Errorf("a lease of %v: again after %v, want %v", age, got, want)
		}
	}
	if pauseAfter(1) != 2*time.Second || pauseAfter(1000) != time.Minute {
		t.Errorf("pauses %v and %v", pauseAfter(1), pauseAfter(1000))
	}
}

func TestSettingsLeaveNoWayThrough(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"ipv4/ip_forward", "ipv4/conf/all/forwarding", "ipv4/conf/all/rp_filter", "ipv6/conf/all/forwarding"} {
		os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755)
		os.WriteFile(filepath.Join(root, name), []byte("7"), 0o600)
	}
	if err := Harden(root); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ipv4/ip_forward": "0", "ipv4/conf/all/forwarding": "0", "ipv4/conf/all/rp_filter": "1", "ipv6/conf/all/forwarding": "0"} {
		if got, _ := os.ReadFile(filepath.Join(root, name)); string(got) != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if settings[0][0] != "ipv4/ip_forward" {
		t.Errorf("%s is set first: ip_forward sets what comes before it back", settings[0][0])
	}
}

// TestFirewallRules sends packets through the rules as the kernel would.
func TestFirewallRules(t *testing.T) {
	servers := config.Servers(&config.Site{})
	restricted := config.Servers(&config.Site{Network: &config.Network{Page: config.Access{Interface: "eth1", From: []string{"192.0.2.0/24", "2001:db8::/32"}}}})
	modbus := config.Servers(&config.Site{ModbusServer: &config.ModbusServer{Interface: "eth1", From: []string{"192.0.2.7/32"}, Port: 502}})
	tcp := func(from, by string, port uint16) judge.Packet {
		return judge.Packet{Interface: by, From: netip.MustParseAddr(from), Protocol: unix.IPPROTO_TCP, Target: port}
	}
	for _, c := range []struct {
		name    string
		servers []config.Server
		packet  judge.Packet
		in      bool
	}{
		{"the page", servers, tcp("198.51.100.7", "eth0", 443), true},
		{"the page over IPv6", servers, tcp("2001:db8::7", "eth0", 443), true},
		{"plain http", servers, tcp("198.51.100.7", "eth0", 80), false},
		{"udp to the page's port", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.7"), Protocol: unix.IPPROTO_UDP, Target: 443}, false},
		{"anything on loopback", servers, tcp("127.0.0.1", "lo", 8080), true},
		{"an answer to us", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.7"), Protocol: unix.IPPROTO_TCP, Target: 40000, State: expr.CtStateBitESTABLISHED}, true},
		{"a packet without a connection", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.7"), Protocol: unix.IPPROTO_TCP, Target: 443, State: expr.CtStateBitINVALID}, false},
		{"ping", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.7"), Protocol: unix.IPPROTO_ICMP, Type: 8}, true},
		{"a redirect", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.7"), Protocol: unix.IPPROTO_ICMP, Type: 5}, false},
		{"router advertisement", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("fe80::1"), Protocol: unix.IPPROTO_ICMPV6, Type: 134}, false},
		{"dhcp", servers, judge.Packet{Interface: "eth0", From: netip.MustParseAddr("198.51.100.1"), Protocol: unix.IPPROTO_UDP, Origin: 67, Target: 68}, true},
		{"the page, from a network that may", restricted, tcp("192.0.2.7", "eth1", 443), true},
		{"the page, from a network that may, over IPv6", restricted, tcp("2001:db8:1::7", "eth1", 443), true},
		{"the page, on the other side", restricted, tcp("192.0.2.7", "eth0", 443), false},
		{"the page, from a network that may not", restricted, tcp("198.51.100.7", "eth1", 443), false},
		{"Modbus where there is no server", servers, tcp("192.0.2.7", "eth1", 502), false},
		{"Modbus, from the master", modbus, tcp("192.0.2.7", "eth1", 502), true},
		{"Modbus, from another", modbus, tcp("192.0.2.8", "eth1", 502), false},
		{"Modbus, on the other side", modbus, tcp("192.0.2.7", "eth0", 502), false},
		{"the page beside Modbus", modbus, tcp("198.51.100.7", "eth0", 443), true},
	} {
		if got := judge.Accepts(t, rules(c.servers), c.packet); got != c.in {
			t.Errorf("%s: let in %v, want %v", c.name, got, c.in)
		}
	}
}

func TestDiscipline(t *testing.T) {
	d := &Discipline{}
	for i, c := range []struct {
		offset time.Duration
		want   Move
	}{
		{50 * 365 * 24 * time.Hour, Step}, // the first answer
		{20 * time.Millisecond, Slew},
		{-400 * time.Millisecond, Slew},
		{time.Hour, Stay}, // one server lies
		{10 * time.Millisecond, Slew},
		{-time.Hour, Stay},
		{time.Hour, Stay}, // two that do not agree
		{time.Hour + time.Millisecond, Stay},
		{time.Hour, Step}, // three that do
		{0, Slew},
	} {
		if got := d.Answer(c.offset); got != c.want {
			t.Errorf("answer %d, %v off: %v, want %v", i, c.offset, got, c.want)
		}
	}
	quick := &Discipline{}
	if got := quick.Answer(time.Millisecond); got != Slew {
		t.Errorf("a first answer that is near: %v", got)
	}
	for range settled {
		quick.Answer(0)
	}
	if quick.Next() != farPoll {
		t.Errorf("a settled clock asks again after %v", quick.Next())
	}
	for range 100 {
		quick.Silence()
	}
	if quick.Next() != farPoll {
		t.Errorf("after a hundred rounds without an answer: %v", quick.Next())
	}
}

func TestTimex(t *testing.T) {
	for offset, want := range map[time.Duration][2]int64{
		1500 * time.Millisecond: {1, 500_000_000}, -1500 * time.Millisecond: {-2, 500_000_000}, -2 * time.Second: {-2, 0}, time.Nanosecond: {0, 1}} {
		x := timex(Step, offset)
		if got := [2]int64{int64(x.Time.Sec), int64(x.Time.Usec)}; got != want {
			t.Errorf("%v: %v, want %v", offset, got, want)
		}
	}
	if timex(Stay, time.Hour) != nil || timex(Slew, time.Millisecond).Offset != 1_000_000 {
		t.Error("stay and slew")
	}
}

// TestWrongGateway is a day with a time server that never answers: few questions,
// and one that answers at last is heard.
func TestWrongGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, kick := t.Context(), make(chan struct{}, 1)
		asked, moved, dead := 0, 0, true
		c := &Clock{Servers: func() []string { return []string{"192.0.2.1"} },
			Ask: func(string) (time.Duration, error) {
				if asked++; dead {
					time.Sleep(askTime)
					return 0, errors.New("no answer")
				}
				return time.Hour, nil
			},
			Move: func(m Move, _ time.Duration) error { moved++; return nil }}
		go c.Run(ctx, kick)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if asked > 110 || moved != 0 {
			t.Errorf("asked %d times in a day, moved the clock %d times", asked, moved)
		}
		dead = false
		kick <- struct{}{}
		time.Sleep(time.Minute) // a question that began before is still waiting
		synctest.Wait()
		if moved == 0 {
			t.Errorf("a server that answers when the cable comes is not heard")
		}
	})
}

func TestTimeServersAndResolver(t *testing.T) {
	site := &config.Site{}
	m := &Manager{Resolv: filepath.Join(t.TempDir(), "resolv.conf"), Site: func() *config.Site { return site }, Kick: make(chan struct{}, 1), gives: map[string]given{}}
	a := netip.MustParseAddr
	m.give("eth1", given{200, a("198.51.100.1"), []netip.Addr{a("198.51.100.53")}, nil})
	m.give("eth0", given{100, a("192.0.2.1"), []netip.Addr{a("192.0.2.53"), a("192.0.2.54"), a("192.0.2.55")}, nil})
	if got := fmt.Sprint(m.TimeServers()); got != "[192.0.2.1 198.51.100.1]" {
		t.Errorf("gateways: %s", got)
	}
	if text, _ := os.ReadFile(m.Resolv); strings.Count(string(text), "nameserver") != 3 || !strings.HasPrefix(string(text), "nameserver 192.0.2.53\n") {
		t.Errorf("resolver: %q", text)
	}
	m.give("eth1", given{200, a("198.51.100.1"), nil, []netip.Addr{a("198.51.100.123")}})
	if got := fmt.Sprint(m.TimeServers()); got != "[198.51.100.123]" {
		t.Errorf("named by DHCP: %s", got)
	}
	site = &config.Site{Network: &config.Network{NTP: []string{"ntp.example"}}}
	if got := fmt.Sprint(m.TimeServers()); got != "[ntp.example]" {
		t.Errorf("named by the site file: %s", got)
	}
	m.forget("eth0")
	if text, _ := os.ReadFile(m.Resolv); len(text) != 0 {
		t.Errorf("resolver of what is gone: %q", text)
	}
}
