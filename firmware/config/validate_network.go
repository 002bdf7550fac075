package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// checkNetwork checks interfaces, addresses and servers of time.
func (c *checker) checkNetwork() {
	n := c.site.Network
	if n == nil {
		return
	}
	var names []string
	for i, e := range n.Interfaces {
		path := fmt.Sprintf("network.interfaces[%d]", i)
		if !interfaceName(e.Name) {
			c.refuse(path+".name", quoted(e.Name), say("a name of the kernel's, at most 15 letters and digits: eth0"))
		} else if slices.Contains(names, e.Name) {
			c.refuse(path+".name", say("%s a second time", quote(e.Name)), say("each interface once"))
		}
		names = append(names, e.Name)
		c.checkInterface(path, e)
	}
	for i, host := range n.NTP {
		if !hostOrAddress(host) {
			c.refuse(fmt.Sprintf("network.ntp[%d]", i), quoted(host), say("an address or a host name"))
		}
	}
	c.checkAccess("network.page", n.Page, names)
}

func (c *checker) checkInterface(path string, e Interface) {
	prefix, err := netip.ParsePrefix(e.Address)
	switch {
	case e.DHCP && (e.Address != "" || e.Gateway != ""):
		c.refuse(path+".dhcp", say("true beside an address or a gateway"), say("either dhcp: true or an address"))
		return
	case e.DHCP:
	case e.Address == "":
		c.refuse(path+".address", say("nothing"), say("an address such as 192.0.2.10/24, or dhcp: true"))
		return
	case err != nil || !usable(prefix.Addr()) || prefix.Bits() == 0:
		c.refuse(path+".address", quoted(e.Address), say("an address with the length of its network: 192.0.2.10/24"))
		return
	}
	if g, err := netip.ParseAddr(e.Gateway); e.Gateway != "" && (err != nil || !prefix.Contains(g) || g == prefix.Addr()) {
		c.refuse(path+".gateway", quoted(e.Gateway), say("another address of the network %s", prefix.Masked()))
	}
	for i, text := range e.DNS {
		if a, err := netip.ParseAddr(text); err != nil || a.IsUnspecified() || a.IsMulticast() {
			c.refuse(fmt.Sprintf("%s.dns[%d]", path, i), quoted(text), say("an address of a name server"))
		}
	}
}

// checkAccess checks who may reach a server; names are the interfaces of the file.
func (c *checker) checkAccess(path string, a Access, names []string) {
	if a.Interface != "" && len(names) > 0 {
		c.reference(path+".interface", a.Interface, names)
	}
	for i, text := range a.From {
		if _, err := netip.ParsePrefix(text); err != nil {
			c.refuse(fmt.Sprintf("%s.from[%d]", path, i), quoted(text), say("a network: 192.0.2.0/24, one address: 192.0.2.7/32"))
		}
	}
}

func usable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && a.Zone() == ""
}

// interfaceName keeps to what the kernel takes (IFNAMSIZ 16 with its zero).
func interfaceName(s string) bool {
	return s != "" && len(s) <= 15 && s != "lo" && s[0] != '.' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

func hostOrAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return s != "" && len(s) <= 253 && s[0] != '-' && s[0] != '.' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == ""
}
