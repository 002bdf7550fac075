// Package serialtest makes serial lines out of nothing: pseudo-terminals whose
// one end a fake serves while the other end is opened like a real port.
package serialtest

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"watchbox/drivers/serial"
	"watchbox/firmware/driver"
)

// Serve makes a pseudo-terminal whose master a fake serves, until stop, which waits
// for it. path is the slave's: see NewPty.
func Serve(serve func(master *os.File)) (path string, stop func(), err error) {
	master, path, err := NewPty()
	if err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); serve(master) }()
	return path, func() { master.Close(); <-ended }, nil
}

// NewPty makes a raw pseudo-terminal. The fake reads and writes the master; the
// master honours deadlines. slavePath is opened by the program under test, as
// often as it likes: the line stays up between. Closing the master is pulling the
// adapter out: whoever has the slave open sees a hang-up, and the node is gone.
func NewPty() (master *os.File, slavePath string, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", fmt.Errorf("make pty: %w", err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	slave, path, err := unlock(fd)
	if err != nil {
		master.Close()
		return nil, "", fmt.Errorf("make pty: %w", err)
	}
	// Without an open slave the master reads errors; this one keeps it quiet
	// until the master itself is forgotten.
	runtime.AddCleanup(master, func(fd int) { unix.Close(fd) }, slave)
	return master, path, nil
}

// unlock opens the slave and makes it raw.
func unlock(master int) (slave int, path string, err error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return 0, "", fmt.Errorf("unlock: %w", err)
	}
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return 0, "", fmt.Errorf("number: %w", err)
	}
	path = fmt.Sprintf("/dev/pts/%d", number)
	slave, err = unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, "", fmt.Errorf("open %s: %w", path, err)
	}
	t, err := unix.IoctlGetTermios(slave, unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B9600
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(slave, unix.TCSETS, t)
	}
	if err != nil {
		unix.Close(slave)
		return 0, "", fmt.Errorf("make raw: %w", err)
	}
	return slave, path, nil
}

// Open is serial.Open, for the tests of drivers that know ports only as an
// interface.
func Open(path string, line driver.Line) (driver.Port, error) { return serial.Open(path, line) }

// Dial is serial.Dial, for the same.
func Dial(address string) (driver.Port, error) { return serial.Dial(address, 10*time.Second) }
