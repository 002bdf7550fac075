package serial

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// check reports a line that no port can have.
func check(line driver.Line) error {
	switch {
	case line.Baud < 50 || line.Baud > 4_000_000:
		return fmt.Errorf("%d baud, possible are 50 to 4000000: %w", line.Baud, driver.ErrUnsupported)
	case line.DataBits != 0 && (line.DataBits < 5 || line.DataBits > 8):
		return fmt.Errorf("%d data bits, possible are 5 to 8: %w", line.DataBits, driver.ErrUnsupported)
	case line.StopBits < 0 || line.StopBits > 2:
		return fmt.Errorf("%d stop bits, possible are 1 and 2: %w", line.StopBits, driver.ErrUnsupported)
	}
	switch line.Parity {
	case "", "none", "even", "odd":
		return nil
	}
	return fmt.Errorf("parity %q, possible are none, even and odd: %w", line.Parity, driver.ErrUnsupported)
}

// shape sets speed and frame. Speeds go in as numbers (BOTHER), so a meter at
// 31250 baud is as good as one at 9600.
func shape(fd int, line driver.Line) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return fmt.Errorf("not a serial line: %w: %w", driver.ErrUnsupported, err)
	}
	raw(t, line)
	t.Ispeed, t.Ospeed = uint32(line.Baud), uint32(line.Baud)
	if err := unix.IoctlSetTermios(fd, unix.TCSETS2, t); err != nil {
		return fmt.Errorf("set %d baud: %w: %w", line.Baud, driver.ErrUnsupported, err)
	}
	got, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return fmt.Errorf("read back: %w: %w", driver.ErrDisconnect, err)
	}
	// A UART divides its clock and may miss by a little; more than 2.5 % shifts
	// the last bit of a character by a quarter of a bit.
	if off := int(got.Ospeed) - line.Baud; off > line.Baud/40 || off < -line.Baud/40 {
		return fmt.Errorf("asked for %d baud, the port gives %d: %w", line.Baud, got.Ospeed, driver.ErrUnsupported)
	}
	return nil
}

// raw takes every meaning away from the bytes. VMIN is 1: with 0 an empty
// non-blocking read would look like a hang-up.
func raw(t *unix.Termios, line driver.Line) {
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CREAD | unix.CLOCAL | unix.BOTHER
	t.Cflag |= [...]uint32{unix.CS5, unix.CS6, unix.CS7, unix.CS8}[max(5, orEight(line.DataBits))-5]
	if line.StopBits == 2 {
		t.Cflag |= unix.CSTOPB
	}
	if line.Parity == "even" || line.Parity == "odd" {
		t.Cflag |= unix.PARENB
		t.Iflag |= unix.INPCK // a character with wrong parity reads as 0; the frame's check sum then fails
	}
	if line.Parity == "odd" {
		t.Cflag |= unix.PARODD
	}
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
}

func orEight(bits int) int {
	if bits == 0 {
		return 8
	}
	return bits
}

// rs485 is the kernel's struct serial_rs485 (include/uapi/linux/serial.h).
type rs485 struct {
	flags, beforeSend, afterSend uint32
	_                            [5]uint32
}

const (
	rs485Enabled   = 1 << 0
	rs485RTSOnSend = 1 << 1
)

// halfDuplex asks the kernel to turn the RS-485 transceiver round. A port whose
// hardware does that alone, and every pseudo-terminal, answers ENOTTY: fine. What
// the device tree has set already is left as it is.
func halfDuplex(fd int) {
	var r rs485
	if !ioctl(fd, unix.TIOCGRS485, unsafe.Pointer(&r)) || r.flags&rs485Enabled != 0 {
		return
	}
	r.flags |= rs485Enabled | rs485RTSOnSend
	ioctl(fd, unix.TIOCSRS485, unsafe.Pointer(&r))
}

func ioctl(fd int, request uintptr, argument unsafe.Pointer) bool {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
	return errno == 0
}
