package serial

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// port is a raw line on the runtime's poller.
type port struct {
	path string
	file *os.File
}

func (p *port) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	return n, p.fail("read", err)
}

func (p *port) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	return n, p.fail("write", err)
}

func (p *port) SetReadDeadline(t time.Time) error {
	return p.fail("set deadline", p.file.SetReadDeadline(t))
}

func (p *port) SetWriteDeadline(t time.Time) error {
	return p.fail("set deadline", p.file.SetWriteDeadline(t))
}

func (p *port) Close() error { return p.file.Close() }

// Shape changes speed and frame. It meets driver.Shaper.
func (p *port) Shape(line driver.Line) error {
	if err := check(line); err != nil {
		return fmt.Errorf("shape port %s: %w", p.path, err)
	}
	conn, err := p.file.SyscallConn()
	if err != nil {
		return p.fail("shape", err)
	}
	var shaped error
	if err := conn.Control(func(fd uintptr) { shaped = shape(int(fd), line) }); err != nil {
		return p.fail("shape", err)
	}
	return p.fail("shape", shaped)
}

// flushLimit bounds one Flush on a line that never falls silent, in bytes.
const flushLimit = 1 << 16

// Flush drops the kernel's input queue, then what its lower half hands up
// meanwhile, so that nothing older than this call is read later.
func (p *port) Flush() error {
	conn, err := p.file.SyscallConn()
	if err != nil {
		return p.fail("flush", err)
	}
	var flushed error
	if err := conn.Control(func(fd uintptr) { flushed = empty(int(fd)) }); err != nil {
		return p.fail("flush", err)
	}
	return p.fail("flush", flushed)
}

func empty(fd int) error {
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		return err
	}
	var b [512]byte
	for total := 0; total < flushLimit; {
		n, err := unix.Read(fd, b[:])
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		}
		total += n
	}
	return nil
}

// fail gives an error its class. End of file on a line means that it was hung
// up: the adapter was pulled, or the other end of a pseudo-terminal is gone.
func (p *port) fail(verb string, err error) error {
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, os.ErrClosed):
		return err
	}
	return fmt.Errorf("%s %s: %w: %w", verb, p.path, driver.ErrDisconnect, err)
}

// Drain hands out what the kernel has without waiting; nothing and no error means
// that there is nothing.
func (p *port) Drain(b []byte) (n int, err error) {
	conn, err := p.file.SyscallConn()
	if err != nil {
		return 0, p.fail("drain", err)
	}
	var drained error
	if err := conn.Control(func(fd uintptr) { n, drained = unix.Read(int(fd), b) }); err != nil {
		return 0, p.fail("drain", err)
	}
	switch {
	case errors.Is(drained, unix.EAGAIN), errors.Is(drained, unix.EINTR):
		return 0, nil
	case drained != nil:
		return 0, p.fail("drain", drained)
	case n == 0:
		return 0, p.fail("drain", io.EOF)
	}
	return n, nil
}
