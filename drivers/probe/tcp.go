package probe

import (
	"context"
	"fmt"
	"net"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// TCP is one port that is probed by opening a connection and closing it again;
// nothing is sent. It meets driver.Poller.
type TCP struct{ device }

// NewTCP makes a probe of spec.Address, host:port.
func NewTCP(spec driver.Spec) (*TCP, error) {
	base, err := newDevice(spec, "tcp-probe")
	if err != nil {
		return nil, err
	}
	t := &TCP{base}
	if host, port, err := net.SplitHostPort(spec.Address); err != nil || host == "" || port == "" || port == "0" {
		return nil, fmt.Errorf("tcp-probe %s: %w", spec.Name, driver.Bad("address", spec.Address, point.Words{Zh: "主机:端口", En: "host:port"}))
	}
	return t, t.describe(spec, t.timeout+spareTime, []point.Point{upPoint, latencyPoint, windowPoint, probesPoint})
}

// Close has nothing to give back.
func (t *TCP) Close() error { return nil }

// Poll opens one connection. The time is that of the hand-shake; a name is
// looked up before the clock starts.
func (t *TCP) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	host, port, _ := net.SplitHostPort(t.address)
	to, err := resolve(ctx, host)
	if err != nil {
		return fmt.Errorf("tcp-probe %s: %w", t.name, err)
	}
	began := time.Now()
	d := net.Dialer{Timeout: t.timeout}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(to.String(), port))
	if ctx.Err() == context.Canceled {
		return fmt.Errorf("tcp-probe %s: cut short: %w", t.name, driver.ErrTimeout)
	}
	var latencies []time.Duration
	if err == nil {
		latencies = append(latencies, time.Since(began))
		conn.Close()
	}
	t.tell(latencies, 1, emit)
	return nil
}
