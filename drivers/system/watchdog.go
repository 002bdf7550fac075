package system

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// watchdogTimeout is asked for; the device takes the nearest that it has.
const watchdogTimeout = 30 // seconds

// Watchdog is the hardware's: the machine is reset when it is not fed in time.
// One goroutine.
type Watchdog struct{ file *os.File }

// OpenWatchdog arms the device. From now on it must be fed.
func OpenWatchdog(path string) (*Watchdog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.WDIOC_SETTIMEOUT, watchdogTimeout); err != nil {
		f.Write([]byte("V"))
		f.Close()
		return nil, fmt.Errorf("watchdog: set %d s: %w", watchdogTimeout, err)
	}
	return &Watchdog{f}, nil
}

// Feed sets the hardware's clock back.
func (w *Watchdog) Feed() error { return unix.IoctlWatchdogKeepalive(int(w.file.Fd())) }

// BootStatus is what the device knows of the last reset: WDIOF_ flags.
func (w *Watchdog) BootStatus() int {
	flags, err := unix.IoctlGetInt(int(w.file.Fd()), unix.WDIOC_GETBOOTSTATUS)
	if err != nil {
		return 0
	}
	return flags
}

// Timeout is what the device took, in seconds.
func (w *Watchdog) Timeout() int {
	s, _ := unix.IoctlGetInt(int(w.file.Fd()), unix.WDIOC_GETTIMEOUT)
	return s
}

// Disarm is for an orderly power-off; at a restart it goes on running, so that a
// restart that hangs ends too.
func (w *Watchdog) Disarm() {
	w.file.Write([]byte("V")) // the magic close, where the driver allows one
	w.file.Close()
}
