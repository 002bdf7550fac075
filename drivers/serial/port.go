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
	return p.fail("shape", control(p.file, func(fd int) error { return shape(fd, line) }))
}

// Flush drops the kernel's input queue, then what its lower half hands up
// meanwhile, so that nothing older than this call is read later.
func (p *port) Flush() error {
	return p.fail("flush", control(p.file, func(fd int) error {
		if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
			return err
		}
		return empty(func(b []byte) (int, error) { return unix.Read(fd, b) })
	}))
}

// Drain hands out what the kernel has without waiting; nothing and no error means
// that there is nothing.
func (p *port) Drain(b []byte) (n int, err error) {
	err = control(p.file, func(fd int) error { n, err = unix.Read(fd, b); return err })
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, p.fail("drain", err)
	case n == 0:
		return 0, p.fail("drain", io.EOF)
	}
	return n, nil
}

func (p *port) fail(verb string, err error) error { return fail(verb, p.path, err) }
