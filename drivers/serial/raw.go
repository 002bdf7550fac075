package serial

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// control lets f use the descriptor behind a port.
func control(port syscall.Conn, f func(fd int) error) error {
	conn, err := port.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	if err := conn.Control(func(fd uintptr) { done = f(int(fd)) }); err != nil {
		return err
	}
	return done
}

// flushLimit bounds one Flush on a line that never falls silent, in bytes.
const flushLimit = 1 << 16

// empty throws away what read gives until it would have to wait.
func empty(read func(b []byte) (int, error)) error {
	var b [512]byte
	for total := 0; total < flushLimit; {
		n, err := read(b[:])
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

// fail gives an error its class. End of file on a line means that it was hung up: the
// adapter was pulled, the other end of a pseudo-terminal is gone, or a server's.
func fail(verb, where string, err error) error {
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, os.ErrClosed):
		return err
	case errors.Is(err, net.ErrClosed):
		return os.ErrClosed
	}
	return fmt.Errorf("%s %s: %w: %w", verb, where, driver.ErrDisconnect, err)
}
