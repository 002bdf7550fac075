package network

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// One exchange: three tries of two seconds.
const (
	askLimit = 2 * time.Second
	askTries = 3
)

// client asks for leases on one interface.
type client struct {
	name, host string
	lease      *nclient4.Lease
}

// ask is one attempt: the whole exchange, or the renewal of what there is.
func (c *client) ask(ctx context.Context, renew bool) (Lease, error) {
	wire, err := nclient4.New(c.name, nclient4.WithTimeout(askLimit), nclient4.WithRetry(askTries))
	if err != nil {
		return Lease{}, fmt.Errorf("dhcp %s: %w", c.name, err)
	}
	defer wire.Close()
	asks := []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptHostName(c.host)), dhcpv4.WithRequestedOptions(dhcpv4.OptionSubnetMask,
		dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer, dhcpv4.OptionNTPServers)}
	var got *nclient4.Lease
	if renew && c.lease != nil {
		got, err = wire.Renew(ctx, c.lease, asks...)
	} else {
		got, err = wire.Request(ctx, asks...)
	}
	if err != nil {
		return Lease{}, fmt.Errorf("dhcp %s: %w", c.name, err)
	}
	lease, err := leaseOf(got.ACK)
	if err != nil {
		return Lease{}, fmt.Errorf("dhcp %s: %w", c.name, err)
	}
	c.lease = got
	return lease, nil
}

// leaseOf reads an acknowledgement. Pure.
func leaseOf(ack *dhcpv4.DHCPv4) (Lease, error) {
	address, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	ones, bits := ack.SubnetMask().Size()
	if !ok || !address.IsGlobalUnicast() || bits != 32 || ones == 0 {
		return Lease{}, fmt.Errorf("the server gave address %v with mask %v", ack.YourIPAddr, ack.SubnetMask())
	}
	l := Lease{Address: netip.PrefixFrom(address, ones), Last: ack.IPAddressLeaseTime(time.Hour), Renew: ack.IPAddressRenewalTime(0),
		DNS: addresses(ack.DNS()), NTP: addresses(ack.NTPServers())}
	if routers := addresses(ack.Router()); len(routers) > 0 {
		l.Gateway = routers[0]
	}
	return l.bounded(), nil
}

func addresses(list []net.IP) (good []netip.Addr) {
	for _, ip := range list {
		if a, ok := netip.AddrFromSlice(ip.To4()); ok && a.IsGlobalUnicast() {
			good = append(good, a)
		}
	}
	return good
}

// follow keeps an interface on DHCP until ctx ends. plugged gives a word each
// time the cable comes: another network may be at its other end. take puts a
// lease in force, and nil takes it away.
func (c *client) follow(ctx context.Context, plugged <-chan struct{}, take func(*Lease)) {
	for failures := 0; ctx.Err() == nil; {
		lease, err := c.ask(ctx, false)
		if err != nil && ctx.Err() == nil {
			failures++
			if failures&(failures-1) == 0 { // the first, the second, the fourth …
				log.Printf("%v (%d times)", err, failures)
			}
			if wait(ctx, plugged, pauseAfter(failures)) {
				failures = 0
			}
		}
		if err != nil {
			continue
		}
		failures = 0
		log.Printf("dhcp %s: %v", c.name, lease)
		take(&lease)
		if !c.keep(ctx, plugged, lease, take) {
			take(nil)
		}
	}
}

// keep renews a lease until the cable is pulled and comes again (true), or the
// lease is lost (false).
func (c *client) keep(ctx context.Context, plugged <-chan struct{}, lease Lease, take func(*Lease)) bool {
	began, next := time.Now(), lease.Renew
	for {
		if wait(ctx, plugged, next) || ctx.Err() != nil {
			return true
		}
		fresh, err := c.ask(ctx, true)
		if err == nil {
			take(&fresh)
			lease, began, next = fresh, time.Now(), fresh.Renew
			continue
		}
		if next = lease.again(time.Since(began)); next == 0 {
			log.Printf("%v: the lease is lost", err)
			return false
		}
	}
}

// wait is true when the cable came before the time was over.
func wait(ctx context.Context, plugged <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-plugged:
		return true
	}
	return false
}
