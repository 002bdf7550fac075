package serial

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// Dial connects to a serial server at host:port that passes bytes on as they are, in
// both directions and without a protocol of its own (RTU over TCP, "transparent" or
// "TCP server" mode; not RFC 2217). Speed and parity are set at the server. limit
// bounds the wait; errors wrap driver.ErrDisconnect. What closing this port leaves
// behind at the server is nothing: the connection is reset, as many servers serve one
// at a time and would wait for a polite end.
func Dial(address string, limit time.Duration) (driver.Port, error) {
	conn, err := net.DialTimeout("tcp", address, limit)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrDisconnect, err)
	}
	c := conn.(*net.TCPConn)
	if err := c.SetLinger(0); err != nil {
		c.Close()
		return nil, fmt.Errorf("connect to %s: %w: %w", address, driver.ErrDisconnect, err)
	}
	return &remote{c, address}, nil
}

// remote is a line behind a serial server.
type remote struct {
	*net.TCPConn
	address string
}

func (r *remote) Read(b []byte) (int, error) {
	n, err := r.TCPConn.Read(b)
	return n, r.fail("read", err)
}

func (r *remote) Write(b []byte) (int, error) {
	n, err := r.TCPConn.Write(b)
	return n, r.fail("write", err)
}

// Flush throws away what has arrived, without waiting, and sees a server that hung up.
func (r *remote) Flush() error {
	return r.fail("flush", control(r, func(fd int) error {
		return empty(func(b []byte) (int, error) {
			n, _, err := unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
			return n, err
		})
	}))
}

func (r *remote) fail(verb string, err error) error { return fail(verb, r.address, err) }
