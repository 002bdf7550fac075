package modbus

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// open connects, and connects again when the peer has hung up since the last
// exchange: nothing was asked yet, so nothing can happen twice.
func (t *tcp) open(ctx context.Context) error {
	if t.conn != nil && alive(t.conn) {
		return nil
	}
	t.shut()
	d := net.Dialer{Timeout: connectLimit}
	conn, err := d.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return disconnect("connect to %s: %v", t.address, err)
	}
	t.bus.count(func(s *Stats) { s.Opens++ })
	t.conn = conn
	return nil
}

func (t *tcp) shut() error {
	if t.conn == nil {
		return nil
	}
	c := t.conn
	t.conn, t.input, t.silent = nil, nil, 0
	return c.Close()
}

// read waits for bytes until by. Nothing and no error means: the time is over.
func (t *tcp) read(ctx context.Context, by time.Time) (int, error) {
	var b [envelopeLimit]byte
	for time.Now().Before(by) {
		if err := t.conn.SetReadDeadline(by); err != nil {
			return 0, t.lost(err)
		}
		if err := ctx.Err(); errors.Is(err, context.Canceled) {
			return 0, timeout("given up: %v", err)
		}
		n, err := t.conn.Read(b[:])
		switch {
		case n > 0:
			t.input = append(t.input, b[:n]...)
			return n, nil
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, t.lost(err)
		}
	}
	return 0, nil
}

func (t *tcp) lost(err error) error { return disconnect("connection to %s lost: %v", t.address, err) }

// alive looks without waiting whether the peer has closed the connection.
func alive(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil || c.SetReadDeadline(time.Time{}) != nil {
		return false
	}
	up := true
	err = raw.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		up = n > 0 || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR)
		return true
	})
	return err == nil && up
}
