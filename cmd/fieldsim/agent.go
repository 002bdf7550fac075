package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"watchbox/drivers/snmp/snmptest"
)

// agent is one thing that answers SNMP on a UDP port.
type agent struct {
	*snmptest.Agent
	conn net.PacketConn

	mutex sync.Mutex
	boot  time.Time
	ports []*port
}

// port is one network interface: its counters rise while it is up.
type port struct {
	name        string
	inPerSecond float64 // octets, on average
	outShare    float64 // of in, going out
	down        bool
	in, out     float64 // octets so far
}

// newAgent answers at address, "127.0.0.1:16161", to those who know the
// community.
func newAgent(address, community, name, description string, ports ...*port) (*agent, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", name, err)
	}
	a := &agent{Agent: snmptest.New(community), conn: conn, boot: time.Now(), ports: ports}
	a.System(name, description, a.upTime)
	for i, p := range ports {
		a.AddInterface(snmptest.Interface{Index: i + 1, Name: p.name, Up: a.isUp(p),
			In: a.octets(&p.in), Out: a.octets(&p.out)})
	}
	go func() { _ = a.Serve(conn) }() // ends when close closes the port
	return a, nil
}

func (a *agent) address() string { return a.conn.LocalAddr().String() }

func (a *agent) upTime() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return time.Since(a.boot)
}

func (a *agent) isUp(p *port) func() bool {
	return func() bool {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		return !p.down
	}
}

func (a *agent) octets(n *float64) func() uint64 {
	return func() uint64 {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		return uint64(*n)
	}
}

// step lets traffic of d flow, a little more or less as the day goes.
func (a *agent) step(d, clock time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for i, p := range a.ports {
		if p.down {
			continue
		}
		n := p.inPerSecond * d.Seconds() * wave(clock, i)
		p.in += n
		p.out += n * p.outShare
	}
}

// wave is a factor around 1 that repeats every two minutes, shifted by i.
func wave(clock time.Duration, i int) float64 {
	const period = 2 * time.Minute
	phase := float64((clock+time.Duration(i)*17*time.Second)%period) / float64(period)
	return 0.7 + 1.2*min(phase, 1-phase)
}

// power switches the thing on, which boots it anew, or off, which makes it silent.
func (a *agent) power(on bool) {
	if !on {
		a.Misbehave(snmptest.Silent)
		return
	}
	a.mutex.Lock()
	a.boot = time.Now()
	for _, p := range a.ports {
		p.in, p.out = 0, 0
	}
	a.mutex.Unlock()
	a.Misbehave(snmptest.None)
}

// link brings one interface up or down.
func (a *agent) link(name string, up bool) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var names []string
	for _, p := range a.ports {
		if p.name == name {
			p.down = !up
			return nil
		}
		names = append(names, p.name)
	}
	return fmt.Errorf("interface %q: allowed %v", name, names)
}

func (a *agent) close() error {
	if err := a.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
