package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Ping is one host that is probed by ICMP echo. It meets driver.Poller.
type Ping struct {
	device
	count  int
	gap    time.Duration
	sender *sender
}

// NewPing makes a ping of spec.Address, an IP address or a name.
func NewPing(spec driver.Spec) (*Ping, error) {
	return newPing(spec, &everybody)
}

func newPing(spec driver.Spec, s *sender) (*Ping, error) {
	base, err := newDevice(spec, "ping", "count", "gap")
	if err != nil {
		return nil, err
	}
	p := &Ping{device: base, sender: s}
	if p.count, err = count(spec.Options); err == nil {
		p.gap, err = gap(spec.Options)
	}
	if err == nil && spec.Address == "" {
		err = driver.Bad("address", "", point.Words{Zh: "IP 地址或主机名", En: "an IP address or a name"})
	}
	if err != nil {
		return nil, fmt.Errorf("ping %s: %w", spec.Name, err)
	}
	limit := time.Duration(p.count-1)*p.gap + p.timeout + spareTime
	err = p.describe(spec, limit, []point.Point{upPoint, latencyPoint, leastPoint, mostPoint, lossPoint, windowPoint, probesPoint})
	if err != nil {
		return nil, err
	}
	s.join()
	return p, nil
}

// spareTime is what a round has beyond its probes, so that it ends by itself
// before its deadline.
const spareTime = 500 * time.Millisecond

// Close lets go of the socket that all pings share.
func (p *Ping) Close() error { return p.sender.leave() }

// Poll makes one round.
func (p *Ping) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	to, err := resolve(ctx, p.address)
	if err != nil {
		return fmt.Errorf("ping %s: %w", p.name, err)
	}
	r, err := p.sender.begin(to, p.count)
	if err != nil {
		return fmt.Errorf("ping %s: %w", p.name, err)
	}
	defer p.sender.end(r)
	latencies, err := p.round(ctx, r)
	if err != nil {
		return fmt.Errorf("ping %s: %w", p.name, err)
	}
	p.tell(latencies, p.count, emit)
	return nil
}

// round sends the echoes, a gap apart, and waits for the answers.
func (p *Ping) round(ctx context.Context, r *round) ([]time.Duration, error) {
	var latencies []time.Duration
	next := time.NewTimer(0)
	defer next.Stop()
	for sent := 0; len(latencies) < p.count; {
		select {
		case a := <-r.answers:
			latencies = append(latencies, a)
		case <-next.C:
			if sent == p.count {
				return latencies, nil // the time of the last one is up
			}
			if err := p.sender.send(r, sent); err != nil {
				return nil, err
			}
			sent++
			next.Reset(p.gap)
			if sent == p.count {
				next.Reset(p.timeout)
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("round was cut short: %w", driver.ErrTimeout)
		}
	}
	return latencies, nil
}

// resolve finds the address of a host; a name is looked up for each round.
func resolve(ctx context.Context, host string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap(), nil
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(all) == 0 {
		return netip.Addr{}, fmt.Errorf("look up %s: %w: %w", host, driver.ErrDisconnect, err)
	}
	for _, a := range all {
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return all[0], nil
}
