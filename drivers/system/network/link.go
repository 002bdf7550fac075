package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// Present lists the interfaces for a network cable, as sysfs under root has them.
func Present(root string) (names []string) {
	entries, _ := os.ReadDir(filepath.Join(root, "class/net"))
	for _, e := range entries {
		kind, _ := os.ReadFile(filepath.Join(root, "class/net", e.Name(), "type"))
		const ethernet = "1" // ARPHRD_ETHER
		if strings.TrimSpace(string(kind)) == ethernet {
			names = append(names, e.Name())
		}
	}
	return names
}

// cable is a number that differs whenever the cable of an interface came or went,
// with whether it is in; "" for an interface that is not there.
func cable(root, name string) (state string, in bool) {
	changes, err := os.ReadFile(filepath.Join(root, "class/net", name, "carrier_changes"))
	if err != nil {
		return "", false
	}
	carrier, _ := os.ReadFile(filepath.Join(root, "class/net", name, "carrier"))
	in = strings.TrimSpace(string(carrier)) == "1"
	return strings.TrimSpace(string(changes)) + "/" + strings.TrimSpace(string(carrier)), in
}

// settings are what the kernel must know before the first link is up: a box with
// two networks passes no packet from one to the other, takes none that cannot
// have come that way, and believes no stranger about routes. A way out whose
// cable is pulled is not taken.
var settings = [][2]string{
	// First of all: a change of it sets others back (kernel, ip-sysctl).
	{"ipv4/ip_forward", "0"},
	{"ipv4/conf/all/forwarding", "0"},
	{"ipv4/conf/default/forwarding", "0"},
	{"ipv6/conf/all/forwarding", "0"},
	{"ipv4/conf/all/rp_filter", "1"},
	{"ipv4/conf/default/rp_filter", "1"},
	{"ipv4/conf/all/accept_redirects", "0"},
	{"ipv4/conf/default/accept_redirects", "0"},
	{"ipv4/conf/all/send_redirects", "0"},
	{"ipv4/conf/all/accept_source_route", "0"},
	{"ipv4/conf/all/ignore_routes_with_linkdown", "1"},
	{"ipv4/conf/all/arp_ignore", "1"},
	{"ipv4/conf/all/arp_announce", "2"},
	{"ipv6/conf/all/accept_ra", "0"},
	{"ipv6/conf/default/accept_ra", "0"},
	{"ipv6/conf/all/accept_redirects", "0"},
	{"ipv4/icmp_echo_ignore_broadcasts", "1"},
	{"ipv4/tcp_syncookies", "1"},
	{"ipv6/conf/all/ignore_routes_with_linkdown", "1"},
	{"ipv4/conf/default/ignore_routes_with_linkdown", "1"},
}

// Harden writes the settings under root ("/proc/sys/net"). What the kernel does
// not have is no fault.
func Harden(root string) (err error) {
	for _, s := range settings {
		e := os.WriteFile(filepath.Join(root, s[0]), []byte(s[1]), 0)
		if e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// link is one interface by netlink. Its methods are attempts that do not block.
type link struct {
	index uint32
	name  string
}

func linkOf(name string) (link, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return link{}, fmt.Errorf("interface %s: %w", name, err)
	}
	return link{uint32(i.Index), name}, nil
}

// up switches the interface on or off.
func (l link) up(on bool) error {
	return l.ask("switch", func(c *rtnetlink.Conn) error {
		flags := uint32(0)
		if on {
			flags = unix.IFF_UP
		}
		return c.Link.Set(&rtnetlink.LinkMessage{Family: unix.AF_UNSPEC, Index: l.index, Flags: flags, Change: unix.IFF_UP})
	})
}

// set gives the interface this one address and way out; an invalid address takes
// everything away. What is right already stays untouched: connections live on.
func (l link) set(address netip.Prefix, gateway netip.Addr, metric int) error {
	return l.ask("set "+address.String(), func(c *rtnetlink.Conn) error {
		if err := l.clear(c, address); err != nil {
			return err
		}
		if !address.IsValid() {
			return nil
		}
		if err := c.Address.New(l.message(address)); err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
		return l.route(c, address, gateway, metric)
	})
}

// clear removes the addresses that are not the wanted one, and the ways out.
func (l link) clear(c *rtnetlink.Conn, keep netip.Prefix) error {
	list, err := c.Address.List()
	if err != nil {
		return err
	}
	for _, a := range list {
		ip, ok := netip.AddrFromSlice(a.Attributes.Address)
		if a.Index != l.index || !ok || ip.Unmap().IsLinkLocalUnicast() || netip.PrefixFrom(ip.Unmap(), int(a.PrefixLength)) == keep {
			continue
		}
		if err := c.Address.Delete(&a); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return err
		}
	}
	return nil
}

func (l link) message(address netip.Prefix) *rtnetlink.AddressMessage {
	ip := net.IP(address.Addr().AsSlice())
	m := &rtnetlink.AddressMessage{Family: family(address.Addr()), PrefixLength: uint8(address.Bits()), Scope: unix.RT_SCOPE_UNIVERSE,
		Index: l.index, Attributes: &rtnetlink.AddressAttributes{Address: ip, Local: ip}}
	if address.Addr().Is4() {
		m.Attributes.Broadcast = broadcast(address)
	}
	return m
}

// route sets the way out, and removes an older one of this interface.
func (l link) route(c *rtnetlink.Conn, address netip.Prefix, gateway netip.Addr, metric int) error {
	list, err := c.Route.List()
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.DstLength != 0 || r.Attributes.OutIface != l.index || r.Family != family(address.Addr()) || r.Type != unix.RTN_UNICAST || r.Table != unix.RT_TABLE_MAIN {
			continue
		}
		if gateway.IsValid() && r.Attributes.Gateway.Equal(gateway.AsSlice()) && r.Attributes.Priority == uint32(metric) {
			return nil
		}
		if err := c.Route.Delete(&r); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	if !gateway.IsValid() {
		return nil
	}
	return c.Route.Replace(&rtnetlink.RouteMessage{Family: family(gateway), Table: unix.RT_TABLE_MAIN, Protocol: unix.RTPROT_BOOT, Type: unix.RTN_UNICAST,
		Scope: unix.RT_SCOPE_UNIVERSE, Attributes: rtnetlink.RouteAttributes{Gateway: gateway.AsSlice(), OutIface: l.index, Priority: uint32(metric)}})
}

func (l link) ask(what string, f func(*rtnetlink.Conn) error) error {
	c, err := rtnetlink.Dial(nil)
	if err == nil {
		defer c.Close()
		err = f(c)
	}
	if err != nil {
		return fmt.Errorf("interface %s: %s: %w", l.name, what, err)
	}
	return nil
}

func family(a netip.Addr) uint8 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// broadcast is the last address of an IPv4 network.
func broadcast(p netip.Prefix) net.IP {
	ip := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		ip[i/8] |= 1 << (7 - i%8)
	}
	return ip[:]
}
