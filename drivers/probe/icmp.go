package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// openLine opens the kernel's ping socket, which needs no right but a group in
// net.ipv4.ping_group_range; where that is refused, a raw socket.
func openLine(v6 bool) (*line, error) {
	network, raw, everywhere := "udp4", "ip4:icmp", "0.0.0.0"
	if v6 {
		network, raw, everywhere = "udp6", "ip6:ipv6-icmp", "::"
	}
	c, err := icmp.ListenPacket(network, everywhere)
	if err == nil {
		return &line{socket: c, v6: v6}, nil
	}
	c, rawErr := icmp.ListenPacket(raw, everywhere)
	if rawErr == nil {
		return &line{socket: c, v6: v6, raw: true}, nil
	}
	return nil, fmt.Errorf("ping socket: %w; raw socket: %w", err, rawErr)
}

// address is the target in the form that the socket wants.
func (l *line) address(to netip.Addr) net.Addr {
	if l.raw {
		return &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()}
	}
	return &net.UDPAddr{IP: to.AsSlice(), Zone: to.Zone()}
}

// sourceOf is the address of whoever answered, without zone.
func sourceOf(a net.Addr) netip.Addr {
	var ip net.IP
	switch a := a.(type) {
	case *net.UDPAddr:
		ip = a.IP
	case *net.IPAddr:
		ip = a.IP
	}
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}

// encode makes an echo request. A ping socket puts its own id in.
func encode(v6 bool, number, token uint64) ([]byte, error) {
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: int(token & 0xffff), Seq: int(number & 0xffff), Data: payload(number, token)}}
	if v6 {
		m.Type = ipv6.ICMPTypeEchoRequest // the kernel computes its checksum
	}
	b, err := m.Marshal(nil)
	if err != nil {
		return nil, fmt.Errorf("encode echo: %w", err)
	}
	return b, nil
}

// decode reads an echo reply: its number and whose it is. ok is false for
// anything else, whatever the bytes are.
func decode(v6 bool, b []byte) (number, token uint64, ok bool) {
	protocol := 1 // IANA: ICMP
	if v6 {
		protocol = 58 // IANA: ICMP for IPv6
	}
	m, err := icmp.ParseMessage(protocol, b)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply && m.Type != ipv6.ICMPTypeEchoReply {
		return 0, 0, false
	}
	e, isEcho := m.Body.(*icmp.Echo)
	if !isEcho || len(e.Data) < 16 {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(e.Data[8:]), binary.BigEndian.Uint64(e.Data), true
}

// unreachable is true for errors that say something of the way, not of the box.
func unreachable(err error) bool {
	for _, e := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN,
		syscall.ECONNREFUSED, syscall.ENOBUFS, syscall.EACCES, syscall.EPERM, syscall.EINVAL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
