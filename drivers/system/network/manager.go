package network

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/config"
)

// Manager gives the interfaces what the site file wants. Run is called once.
type Manager struct {
	Sys, Proc string              // "/sys", "/proc/sys/net"
	Resolv    string              // where the name servers are written
	Host      string              // the box's name, told to DHCP servers
	Site      func() *config.Site // the one in force; never nil
	Kick      chan struct{}       // gets a word when an address came; holds one

	mutex sync.Mutex
	gives map[string]given // by interface
}

// given is what an interface brings besides its address.
type given struct {
	metric  int
	gateway netip.Addr
	dns     []netip.Addr
	ntp     []netip.Addr
}

// look is how often cables are looked at; a pulled one is the kernel's business at once.
const look = time.Second

// cablePatience is for adapters that cannot tell of their cable.
const cablePatience = 5 * time.Second

// Run puts the firewall in force, then the interfaces, and follows cables,
// adapters and, at each word of changed, the site file, until ctx ends.
func (m *Manager) Run(ctx context.Context, changed <-chan os.Signal) {
	for ctx.Err() == nil {
		site := m.Site()
		say(Harden(m.Proc))
		say(Guard(config.Servers(site)))
		m.follow(ctx, site, changed)
	}
}

// follow ends when the site file wants another network. Another server costs a
// new firewall only: no address is asked for again.
func (m *Manager) follow(ctx context.Context, site *config.Site, changed <-chan os.Signal) {
	all, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	m.gives = map[string]given{}
	running := map[string]*attached{}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		m.attach(all, &group, Wanted(site.Network, Present(m.Sys)), running)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-changed:
			next := m.Site()
			if !reflect.DeepEqual(site.Network, next.Network) {
				log.Print("network: the site file changed")
				m.unwanted(next.Network, running)
				return
			}
			if !reflect.DeepEqual(config.Servers(site), config.Servers(next)) {
				log.Print("network: the servers of the site file changed")
				say(Guard(config.Servers(next)))
			}
			site = next
		}
	}
}

// attached is an interface that is there and wanted.
type attached struct {
	cable   string
	plugged chan struct{}
	stop    context.CancelFunc
}

// attach starts what came, ends what went, and tells of cables.
func (m *Manager) attach(ctx context.Context, group *sync.WaitGroup, wanted []Want, running map[string]*attached) {
	for _, w := range wanted {
		state, in := cable(m.Sys, w.Name)
		a := running[w.Name]
		switch {
		case state == "" && a != nil: // an adapter was unplugged
			a.stop()
			delete(running, w.Name)
			m.forget(w.Name)
		case state != "" && a == nil:
			own, stop := context.WithCancel(ctx)
			running[w.Name] = &attached{cable: state, plugged: make(chan struct{}, 1), stop: stop}
			plugged := running[w.Name].plugged
			group.Go(func() { m.serve(own, w, in, plugged) })
		case a != nil && a.cable != state:
			a.cable = state
			log.Printf("network: cable of %s %s", w.Name, map[bool]string{true: "is in", false: "is out"}[in])
			if in {
				word(a.plugged)
			}
		}
	}
}

// serve is the life of one interface. in: its cable was in before it was switched on.
func (m *Manager) serve(ctx context.Context, w Want, in bool, plugged <-chan struct{}) {
	l, err := linkOf(w.Name)
	if err == nil {
		err = l.up(true)
	}
	if err != nil {
		say(err)
		return
	}
	if !w.DHCP {
		say(l.set(w.Address, w.Gateway, w.Metric))
		m.give(w.Name, given{w.Metric, w.Gateway, w.DNS, nil})
		return
	}
	if !in {
		wait(ctx, plugged, cablePatience)
	}
	c := &client{name: w.Name, host: m.Host}
	c.follow(ctx, plugged, func(lease *Lease) {
		if lease == nil {
			say(l.set(netip.Prefix{}, netip.Addr{}, 0))
			m.forget(w.Name)
			return
		}
		say(l.set(lease.Address, lease.Gateway, w.Metric))
		dns := lease.DNS
		if len(w.DNS) > 0 {
			dns = w.DNS
		}
		m.give(w.Name, given{w.Metric, lease.Gateway, dns, lease.NTP})
	})
}

// unwanted takes down what a new site file may not want.
func (m *Manager) unwanted(network *config.Network, running map[string]*attached) {
	next := Wanted(network, Present(m.Sys))
	for name := range running {
		if slices.ContainsFunc(next, func(w Want) bool { return w.Name == name }) {
			continue
		}
		if l, err := linkOf(name); err == nil {
			say(l.set(netip.Prefix{}, netip.Addr{}, 0))
			say(l.up(false))
		}
	}
}

func (m *Manager) give(name string, g given) {
	m.mutex.Lock()
	m.gives[name] = g
	m.mutex.Unlock()
	m.resolv()
	word(m.Kick)
}

func (m *Manager) forget(name string) {
	m.mutex.Lock()
	delete(m.gives, name)
	m.mutex.Unlock()
	m.resolv()
}

// ordered lists what there is, the preferred interface first.
func (m *Manager) ordered() []given {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var list []given
	for _, name := range slices.Sorted(maps.Keys(m.gives)) {
		list = append(list, m.gives[name])
	}
	slices.SortStableFunc(list, func(a, b given) int { return cmp.Compare(a.metric, b.metric) })
	return list
}

// TimeServers are asked in this order: those of the site file, else those that
// DHCP names, else the gateways.
func (m *Manager) TimeServers() []string {
	if network := m.Site().Network; network != nil && len(network.NTP) > 0 {
		return network.NTP
	}
	var named, gateways []string
	for _, g := range m.ordered() {
		for _, a := range g.ntp {
			named = append(named, a.String())
		}
		if g.gateway.IsValid() {
			gateways = append(gateways, g.gateway.String())
		}
	}
	if len(named) > 0 {
		return named
	}
	return gateways
}

// resolv writes the name servers, three at most: the resolver reads no more.
func (m *Manager) resolv() {
	var text bytes.Buffer
	n := 0
	for _, g := range m.ordered() {
		for _, a := range g.dns {
			if n++; n <= 3 {
				fmt.Fprintf(&text, "nameserver %v\n", a)
			}
		}
	}
	part := m.Resolv + ".part"
	if err := os.WriteFile(part, text.Bytes(), 0o644); err != nil {
		say(err)
		return
	}
	say(os.Rename(part, m.Resolv))
}

func say(err error) {
	if err != nil {
		log.Print(err)
	}
}

// word leaves a word that is not there already.
func word(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
