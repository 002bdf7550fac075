// Package ledwall shows the status wall's frame on a chain of addressable LEDs:
// an APA102 chain on SPI, or network pixels that speak E1.31 (sACN).
//
// A Wall puts the lamps and the text of a picture on one or two such strips: it
// draws the text with a bitmap font and dims.
//
// Both strips make one attempt per Show and keep no goroutine. The owner
// shows a frame at least once a second even when it did not change: a receiver
// of E1.31 gives a source up after 2.5 s, and an LED that a disturbance has
// changed is put right.
package ledwall

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/ipv4"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// MostPixels bounds a wall: 64 universes.
const MostPixels = 64 * PixelsInUniverse

// sourceName is how receivers list us.
const sourceName = "Watchbox status wall"

// SACN is a strip of network pixels. Used by one goroutine at a time. E1.31 has no
// receipt: all that can be known is that the network refused a datagram.
type SACN struct {
	address   string
	interFace string // outgoing interface of multicast, or empty
	universe  int
	cid       [16]byte
	links     []*link
}

// link is one universe: the datagrams to it and their sequence.
type link struct {
	conn     *net.UDPConn
	universe uint16
	sequence byte
	slots    []byte // as last sent
}

// NewSACN makes a wall that begins at the universe (1–63999) and takes as many
// universes of 170 pixels as the frame needs. address is "host" or "host:port"
// for unicast, "multicast" or "multicast:eth1" for the standard's groups on the
// default or on a named interface. cid names this box for ever. Nothing is sent
// before the first Show.
func NewSACN(address string, universe int, cid [16]byte) (*SACN, error) {
	s := &SACN{address: address, universe: universe, cid: cid}
	if universe < firstUniverse || universe > lastUniverse {
		return nil, driver.BadOption("universe", strconv.Itoa(universe), driver.Between(firstUniverse, lastUniverse))
	}
	if address == "" {
		return nil, driver.Bad("address", "", point.Words{Zh: "主机、主机:端口、multicast 或 multicast:网口", En: "host, host:port, multicast or multicast:interface"})
	}
	if address == "multicast" || strings.HasPrefix(address, "multicast:") {
		_, s.interFace, _ = strings.Cut(address, ":")
		s.address = "multicast"
	} else if _, _, err := net.SplitHostPort(address); err != nil {
		s.address = net.JoinHostPort(strings.Trim(address, "[]"), strconv.Itoa(port))
	}
	return s, nil
}

// Describe gives no points: a wall is only shown.
func (s *SACN) Describe() []point.Point { return nil }

// Show sends the frame, every universe of it even when one fails. An error says
// that nobody listens at the address, or that there is no way to it.
func (s *SACN) Show(ctx context.Context, f annunciate.Frame) error {
	if len(f) > MostPixels {
		return fmt.Errorf("ledwall %s: %d pixels: at most %d: %w", s.address, len(f), MostPixels, driver.ErrUnsupported)
	}
	var failed error
	for n := 0; n*PixelsInUniverse < len(f); n++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ledwall %s: universe %d: %w", s.address, s.universe+n, err)
		}
		part := f[n*PixelsInUniverse : min((n+1)*PixelsInUniverse, len(f))]
		if err := s.send1(ctx, n, part); err != nil && failed == nil {
			failed = fmt.Errorf("ledwall %s: universe %d: %w: %w", s.address, s.universe+n, driver.ErrDisconnect, err)
		}
	}
	return failed
}

func (s *SACN) send1(ctx context.Context, n int, part annunciate.Frame) error {
	l, err := s.link(ctx, n)
	if err != nil {
		return err
	}
	l.slots = l.slots[:0]
	for _, c := range part {
		l.slots = append(l.slots, c.R, c.G, c.B)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = l.conn.SetWriteDeadline(deadline)
	} else {
		_ = l.conn.SetWriteDeadline(time.Time{})
	}
	return l.write(s.cid, 0)
}

func (l *link) write(cid [16]byte, options byte) error {
	_, err := l.conn.Write(packet(cid, sourceName, l.universe, l.sequence, options, l.slots))
	l.sequence++
	return err
}

// link opens the n-th universe when it is first used.
func (s *SACN) link(ctx context.Context, n int) (*link, error) {
	if n < len(s.links) {
		return s.links[n], nil
	}
	universe := s.universe + n
	if universe > lastUniverse {
		return nil, fmt.Errorf("beyond the last universe %d", lastUniverse)
	}
	to := s.address
	if to == "multicast" {
		to = net.JoinHostPort(group(universe), strconv.Itoa(port))
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "udp", to)
	if err != nil {
		return nil, err
	}
	conn := c.(*net.UDPConn)
	if err := s.direct(conn); err != nil {
		conn.Close()
		return nil, err
	}
	l := &link{conn: conn, universe: uint16(universe)}
	s.links = append(s.links, l)
	return l, nil
}

// direct sends multicast out of the named interface.
func (s *SACN) direct(conn *net.UDPConn) error {
	if s.interFace == "" {
		return nil
	}
	i, err := net.InterfaceByName(s.interFace)
	if err != nil {
		return fmt.Errorf("interface %s: %w", s.interFace, err)
	}
	return ipv4.NewPacketConn(conn).SetMulticastInterface(i)
}

// group is the multicast address of the universe (E1.31 9.3.1).
func group(universe int) string { return fmt.Sprintf("239.255.%d.%d", universe>>8, universe&0xff) }

// Close tells the receivers that this source ends, three times as the standard
// asks (6.2.6), and closes.
func (s *SACN) Close() error {
	for _, l := range s.links {
		_ = l.conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		for range 3 {
			_ = l.write(s.cid, terminated)
		}
		l.conn.Close()
	}
	s.links = nil
	return nil
}
