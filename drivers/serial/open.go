// Package serial opens serial lines. Open is the port for a master that must
// keep time (Modbus RTU): any speed, exact deadlines, exclusive, flushed. OpenPolled
// stands on tarm/serial and suits things that speak by themselves or slowly: a
// modem, a reader.
//
// A port belongs to one goroutine at a time; only Close may come from another.
package serial

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// Open opens the terminal at path with the shape of line: raw, exclusive (a
// second Open of the same node fails while this one lives), without old bytes.
// Where the kernel drives an RS-485 transceiver it is told to. Errors wrap
// driver.ErrUnsupported when the line is not possible, else driver.ErrDisconnect.
// Does not wait for a carrier and does not block.
func Open(path string, line driver.Line) (driver.Port, error) {
	if err := check(line); err != nil {
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open port %s: %w: %w", path, driver.ErrDisconnect, err)
	}
	if err := prepare(fd, line); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	// The descriptor is non-blocking, so NewFile gives it to the runtime's
	// poller: deadlines work to the millisecond and no thread is held.
	return &port{path: path, file: os.NewFile(uintptr(fd), path)}, nil
}

// prepare makes a raw, exclusive and empty line of an open descriptor.
func prepare(fd int, line driver.Line) error {
	if err := claim(fd); err != nil {
		return err
	}
	if err := shape(fd, line); err != nil {
		return err
	}
	halfDuplex(fd)
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH); err != nil {
		return fmt.Errorf("flush: %w: %w", driver.ErrDisconnect, err)
	}
	return nil
}

// claim keeps everybody else out: flock for programs that ask (our own, as any
// user), TIOCEXCL for those that do not.
func claim(fd int) error {
	if err := lock(fd); err != nil {
		return err
	}
	return exclude(fd)
}

func lock(fd int) error {
	err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return fmt.Errorf("another program holds it: %w", driver.ErrDisconnect)
	case err != nil:
		return fmt.Errorf("lock: %w: %w", driver.ErrDisconnect, err)
	}
	return nil
}

// exclude refuses further opens of the node, except to root. A pseudo-terminal
// is left out: the flag would outlive a killed daemon there, as its other end
// stays open.
func exclude(fd int) error {
	if pseudo(fd) {
		return nil
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil && !errors.Is(err, unix.ENOTTY) {
		return fmt.Errorf("claim: %w: %w", driver.ErrDisconnect, err)
	}
	return nil
}

// pseudo is true for the slave end of a Unix98 pseudo-terminal (majors 136–143).
func pseudo(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return false
	}
	major := unix.Major(st.Rdev)
	return major >= 136 && major <= 143
}
