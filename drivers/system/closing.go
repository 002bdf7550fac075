package system

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// How long the kernel lets the last close of a serial port wait for bytes that have
// not left it, in hundredths of a second but for these two (ASYNC_CLOSING_WAIT_NONE
// and _INF of include/uapi/linux/serial.h).
const (
	CloseAtOnce   = 65535
	CloseWhenSent = 0
)

// SetClosing sets that time for a port, as long as its driver has it. The kernel's
// own is 30 s: so long it holds whoever closes a port whose transmitter stands
// still, be it the goroutine of a bus, or the daemon that ends in order to start
// again. Blocks while the driver opens the port. Root only.
func SetClosing(path string, wait uint16) error {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	var s serial
	if err := s.call(fd, unix.TIOCGSERIAL); err != nil {
		return fmt.Errorf("closing wait of %s: read: %w", path, err)
	}
	s.closingWait = wait
	if err := s.call(fd, unix.TIOCSSERIAL); err != nil {
		return fmt.Errorf("closing wait of %s: set: %w", path, err)
	}
	return nil
}

// serial is the kernel's struct serial_struct (include/uapi/linux/serial.h).
type serial struct {
	kind, line     int32
	port           uint32
	irq, flags     int32
	fifo           int32
	divisor, speed int32
	closeDelay     uint16
	access, _      int8
	hub6           int32
	closingWait, _ uint16
	memory         uintptr
	shift          uint16
	portHigh       uint32
	mapped         uintptr
}

func (s *serial) call(fd int, request uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(s))); errno != 0 {
		return errno
	}
	return nil
}
