package gpio

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// Flags of a line in the kernel's interface (include/uapi/linux/gpio.h,
// enum gpio_v2_line_flag).
const (
	flagUsed          = 1 << 0 // told by the kernel only
	flagActiveLow     = 1 << 1
	flagInput         = 1 << 2
	flagOutput        = 1 << 3
	flagRising        = 1 << 4
	flagFalling       = 1 << 5
	flagPullUp        = 1 << 8
	flagPullDown      = 1 << 9
	flagBiasOff       = 1 << 10
	flagClockRealtime = 1 << 11
)

// eventBuffer is how many edges the kernel keeps for one request. Its own
// default of 16 per line lost 84 of 100 in a burst.
const eventBuffer = 1024

// ioctl runs one kernel call on an open descriptor, again when a signal broke
// it off (Go's preemption sends them).
func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno unix.Errno
	err = raw.Control(func(fd uintptr) {
		for {
			_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(argument))
			if errno != unix.EINTR {
				return
			}
		}
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// requestLines takes lines of a chip. The descriptor does not outlive an exec
// unless it is handed on.
func requestLines(chip *os.File, offsets []uint32, config unix.GPIOV2LineConfig, nonblocking bool) (*os.File, error) {
	r := unix.GPIOV2LineRequest{Config: config, Num_lines: uint32(len(offsets)), Event_buffer_size: eventBuffer}
	copy(r.Offsets[:], offsets)
	copy(r.Consumer[:], "watchbox")
	if err := ioctl(chip, unix.GPIO_V2_GET_LINE_IOCTL, unsafe.Pointer(&r)); err != nil {
		return nil, err
	}
	unix.CloseOnExec(int(r.Fd))
	if nonblocking {
		if err := unix.SetNonblock(int(r.Fd), true); err != nil {
			unix.Close(int(r.Fd))
			return nil, err
		}
	}
	return os.NewFile(uintptr(r.Fd), "gpio lines"), nil
}

// duplicate is another descriptor of the same lines, closed on exec.
func duplicate(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var inner error
	err = raw.Control(func(old uintptr) { fd, inner = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, firstInherited) })
	if err == nil {
		err = inner
	}
	if err != nil {
		return nil, kernelError("copy the descriptor of "+f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// getLevels reads up to 64 lines of a request: bit n is its n-th line. It
// changes nothing, on an output neither.
func getLevels(f *os.File, mask uint64) (uint64, error) {
	v := unix.GPIOV2LineValues{Mask: mask}
	err := ioctl(f, unix.GPIO_V2_LINE_GET_VALUES_IOCTL, unsafe.Pointer(&v))
	return v.Bits, err
}

// setLevel drives the only line of a request.
func setLevel(f *os.File, level bool) error {
	v := unix.GPIOV2LineValues{Mask: 1}
	if level {
		v.Bits = 1
	}
	return ioctl(f, unix.GPIO_V2_LINE_SET_VALUES_IOCTL, unsafe.Pointer(&v))
}

// outputConfig is an output that begins at level, with no moment of another.
func outputConfig(l Line, level bool) unix.GPIOV2LineConfig {
	c := unix.GPIOV2LineConfig{Flags: flagOutput, Num_attrs: 1}
	if l.ActiveLow {
		c.Flags |= flagActiveLow
	}
	c.Attrs[0].Attr.Id = unix.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES
	c.Attrs[0].Mask = 1
	if level {
		c.Attrs[0].Attr.Flags = 1
	}
	return c
}

// inputFlags are the flags of one input without its edges.
func inputFlags(l Line, realtime bool) uint64 {
	flags := uint64(flagInput)
	if l.ActiveLow {
		flags |= flagActiveLow
	}
	if realtime {
		flags |= flagClockRealtime
	}
	switch l.Bias {
	case PullUp:
		flags |= flagPullUp
	case PullDown:
		flags |= flagPullDown
	case BiasOff:
		flags |= flagBiasOff
	}
	return flags
}

// kernelError puts the errno under one class of package driver; both can be
// asked for with errors.Is.
func kernelError(what string, err error) error {
	kind := driver.ErrDisconnect
	switch {
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		kind = driver.ErrRefused
	case errors.Is(err, unix.ENOENT):
		kind = driver.ErrNotPresent
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EOPNOTSUPP):
		kind = driver.ErrUnsupported
	}
	return fmt.Errorf("%s: %w: %w", what, kind, err)
}
