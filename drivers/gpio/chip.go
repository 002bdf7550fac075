package gpio

import (
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// openChip finds a chip by its label or its name, anew each time: a chip that is
// plugged in later is found then.
func openChip(folder, wanted string) (*os.File, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "gpiochip*"))
	if err != nil {
		return nil, err
	}
	var seen []string
	var found *os.File
	for _, p := range paths {
		f, err := os.OpenFile(p, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		var info unix.GPIOChipInfo
		err = ioctl(f, unix.GPIO_GET_CHIPINFO_IOCTL, unsafe.Pointer(&info))
		name, label := text(info.Name[:]), text(info.Label[:])
		if err != nil || found != nil || name != wanted && label != wanted {
			f.Close()
			seen = append(seen, name+" ("+label+")")
			continue
		}
		found = f
	}
	if found == nil {
		return nil, fmt.Errorf("find chip %q: %w, there are %q", wanted, errNoChip, seen)
	}
	return found, nil
}

// errNoChip is that of a chip, where offsetOf's is that of a line.
var errNoChip = fmt.Errorf("%w", driver.ErrNotPresent)

// offsetOf is the number of a line on its chip.
func offsetOf(chip *os.File, l Line) (uint32, error) {
	if l.Offset >= 0 {
		return uint32(l.Offset), nil
	}
	var chipInfo unix.GPIOChipInfo
	if err := ioctl(chip, unix.GPIO_GET_CHIPINFO_IOCTL, unsafe.Pointer(&chipInfo)); err != nil {
		return 0, kernelError("ask chip "+l.Chip, err)
	}
	for i := range chipInfo.Lines {
		info := unix.GPIOV2LineInfo{Offset: i}
		err := ioctl(chip, unix.GPIO_V2_GET_LINEINFO_IOCTL, unsafe.Pointer(&info))
		if err == nil && l.Kernel != "" && text(info.Name[:]) == l.Kernel {
			return i, nil
		}
	}
	return 0, fmt.Errorf("find line %q on chip %s: %w", l.Kernel, l.Chip, driver.ErrNotPresent)
}

// consumers are who the kernel says has each line, for an error that shall tell
// whom to ask.
func consumers(chip *os.File, offsets []uint32) (names []string) {
	for _, o := range offsets {
		info := unix.GPIOV2LineInfo{Offset: o}
		if ioctl(chip, unix.GPIO_V2_GET_LINEINFO_IOCTL, unsafe.Pointer(&info)) == nil && info.Flags&flagUsed != 0 {
			names = append(names, text(info.Consumer[:]))
		}
	}
	return names
}

// text is a kernel string up to its zero byte.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
