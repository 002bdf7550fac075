// Package network gives the box its addresses, its firewall and its time. It runs
// in a process of its own beside init: what it reads comes from strangers.
package network

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"watchbox/firmware/config"
)

// Want is what one interface shall have.
type Want struct {
	Name    string
	DHCP    bool
	Address netip.Prefix // of a static one
	Gateway netip.Addr   // may be invalid: none
	DNS     []netip.Addr
	Metric  int // of its way out; the lowest whose cable is in is taken
}

// metricStep is between the interfaces of a file that names no metrics.
const metricStep = 100

// Wanted is what the interfaces shall have: as the site file says, else DHCP on
// each that is present. Pure.
func Wanted(n *config.Network, present []string) []Want {
	var list []Want
	if n == nil || len(n.Interfaces) == 0 {
		for i, name := range slices.Sorted(slices.Values(present)) {
			list = append(list, Want{Name: name, DHCP: true, Metric: (i + 1) * metricStep})
		}
		return list
	}
	for i, e := range n.Interfaces {
		w := Want{Name: e.Name, DHCP: e.DHCP, Metric: e.Metric}
		if w.Metric == 0 {
			w.Metric = (i + 1) * metricStep
		}
		w.Address, _ = netip.ParsePrefix(e.Address) // the file was validated
		w.Gateway, _ = netip.ParseAddr(e.Gateway)
		for _, text := range e.DNS {
			if a, err := netip.ParseAddr(text); err == nil {
				w.DNS = append(w.DNS, a)
			}
		}
		list = append(list, w)
	}
	return list
}

// Lease is what a DHCP server gave.
type Lease struct {
	Address netip.Prefix
	Gateway netip.Addr // invalid: none
	DNS     []netip.Addr
	NTP     []netip.Addr
	Renew   time.Duration // after this long it is asked for again
	Last    time.Duration // after this long it is lost
}

func (l Lease) String() string {
	if !l.Gateway.IsValid() {
		return fmt.Sprintf("address %v, no gateway, for %v", l.Address, l.Last)
	}
	return fmt.Sprintf("address %v, gateway %v, for %v", l.Address, l.Gateway, l.Last)
}

// Bounds of what a server may say.
const (
	shortestLease = time.Minute
	longestLease  = 7 * 24 * time.Hour
	mostServers   = 4
)

// bounded makes times of a lease that a client can live with: whatever a server
// says, it is asked neither every second nor never. RFC 2131, 4.4.5: T1 is half
// of the lease unless it is named. Pure.
func (l Lease) bounded() Lease {
	l.Last = min(max(l.Last, shortestLease), longestLease)
	if l.Renew <= 0 || l.Renew >= l.Last {
		l.Renew = l.Last / 2
	}
	l.Renew = max(l.Renew, shortestLease/2)
	l.DNS, l.NTP = l.DNS[:min(len(l.DNS), mostServers)], l.NTP[:min(len(l.NTP), mostServers)]
	if !l.Address.Contains(l.Gateway) || l.Gateway == l.Address.Addr() {
		l.Gateway = netip.Addr{}
	}
	return l
}

// again is when a lease of that age is asked for the next time after a renewal
// that had no answer: half of what is left, at least a minute (RFC 2131, 4.4.5);
// zero when it is lost. Pure.
func (l Lease) again(age time.Duration) time.Duration {
	if left := l.Last - age; left > 0 {
		return min(max(left/2, time.Minute), left)
	}
	return 0
}

// pauseAfter is how long to wait after so many requests without an answer: a
// network without a server, or with a wrong one, is asked once a minute. Pure.
func pauseAfter(failures int) time.Duration {
	return min(time.Second<<min(failures, 6), time.Minute)
}
