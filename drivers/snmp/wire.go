package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// request is one PDU to send: a GET of the OIDs, or a GETBULK when repeat is
// above zero. A request may be sent again and again; its encoding is kept.
type request struct {
	oids   []string
	repeat uint32

	encoded []byte // SNMPv2c only, with the request id at idAt
	idAt    int
}

// wire carries one request at a time to one agent. It makes one attempt, within
// ctx's deadline, and wraps a class of package driver. Used by one goroutine.
type wire interface {
	ask(ctx context.Context, r *request) ([]gosnmp.SnmpPDU, error)
	close() error
}

// dial opens a connected UDP socket: the kernel drops what other hosts send, and
// a host without an agent is known at once. An agent with several addresses must
// answer from the one that was asked.
func dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", address)
	if err != nil {
		return nil, classify(ctx, err)
	}
	return conn, nil
}

// cutShort ends a blocked read when ctx is cancelled before its deadline. The
// returned function must be called after the exchange.
func cutShort(ctx context.Context, conn net.Conn) (done func() bool) {
	return context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
}

// classify wraps an error of the network with its class.
func classify(ctx context.Context, err error) error {
	var resolve *net.DNSError
	switch {
	case errors.As(err, &resolve):
		return fmt.Errorf("look up %s: %s: %w", resolve.Name, resolve.Err, driver.ErrDisconnect)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		return fmt.Errorf("timeout: %w", driver.ErrTimeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("the host has no agent at this port: %w", driver.ErrDisconnect)
	}
	return fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
}

// target splits an address into host and port; the port is 161 unless given.
func target(address string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		host, digits = strings.Trim(address, "[]"), "161"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if host == "" || n == 0 || err != nil {
		return "", 0, driver.Bad("address", address, point.Words{Zh: "主机，或 主机:端口", En: "host or host:port"})
	}
	return host, uint16(n), nil
}

// refusal turns an error status of the agent into an error.
func refusal(p *gosnmp.SnmpPacket) error {
	if p.Error == gosnmp.NoError {
		return nil
	}
	return fmt.Errorf("agent answered %v at item %d: %w", p.Error, p.ErrorIndex, driver.ErrRefused)
}
