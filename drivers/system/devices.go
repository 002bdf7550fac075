package system

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ours are the device nodes that the daemon opens: lines, serial ports, buses.
// A console is no port: who reads it reads what people type.
var ours = []string{"gpiochip", "ttyUSB", "ttyACM", "ttyAMA", "ttyS", "i2c-", "spidev", "iio:device"}

// ForDaemon tells whether the daemon may open the device of that name ("ttyUSB0",
// as the kernel's uevent has it). consoles are the kernel's. Pure.
func ForDaemon(name string, consoles []string) bool {
	for _, console := range consoles {
		if name == console {
			return false
		}
	}
	for _, head := range ours {
		if number, ok := strings.CutPrefix(name, head); ok && number != "" && !strings.ContainsAny(number, "/") {
			return true
		}
	}
	return false
}

// IsStick tells whether the node is the whole disk of a USB stick: of such a one
// the daemon reads updates. sys is where sysfs is mounted.
func IsStick(sys, name string) bool {
	letters, ok := strings.CutPrefix(name, "sd")
	return ok && letters != "" && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == "" && OnUSB(filepath.Join(sys, "block", name))
}

// HandOver gives the daemon's group a device node.
func HandOver(dev, name string, gid int) error { return handOver(dev, name, gid, 0o660) }

// Lend lets the daemon's group read a device node, and not write to it.
func Lend(dev, name string, gid int) error { return handOver(dev, name, gid, 0o640) }

func handOver(dev, name string, gid int, mode os.FileMode) error {
	path := filepath.Join(dev, name)
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeDevice == 0 {
		return fmt.Errorf("hand over %s: it is no device", path)
	}
	if err := os.Chown(path, 0, gid); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// Ours lists what ForDaemon says yes to.
func Ours(dev string, consoles []string) (nodes []string, err error) {
	entries, err := os.ReadDir(dev)
	for _, entry := range entries {
		if ForDaemon(entry.Name(), consoles) {
			nodes = append(nodes, entry.Name())
		}
	}
	return nodes, err
}

// LendSticks lends the daemon the sticks that are in.
func LendSticks(sys, dev string, gid int) (err error) {
	disks, _ := filepath.Glob(filepath.Join(sys, "block/sd*"))
	for _, d := range disks {
		if name := filepath.Base(d); IsStick(sys, name) {
			err = errors.Join(err, Lend(dev, name, gid))
		}
	}
	return err
}

// ParseUevent reads a message of the kernel about a device: what happened
// ("add", "remove") and the device's node below /dev, "" for one without. Pure.
func ParseUevent(message []byte) (action, node string) {
	e := parseVariables(string(message))
	return e["ACTION"], e["DEVNAME"]
}

// WatchDevices calls added for each device node that appears, until the socket
// fails. Needs CAP_NET_ADMIN in no other way than root has it. Blocks.
func WatchDevices(added func(node string)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("watch devices: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}); err != nil {
		return fmt.Errorf("watch devices: %w", err)
	}
	b := make([]byte, 16<<10)
	for {
		n, from, err := unix.Recvfrom(fd, b, 0)
		switch kernel, _ := from.(*unix.SockaddrNetlink); {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS): // the caller looks at all nodes now and then
			continue
		case err != nil:
			return fmt.Errorf("watch devices: %w", err)
		case kernel == nil || kernel.Pid != 0: // another process pretends to be the kernel
			continue
		}
		if action, node := ParseUevent(b[:n]); action == "add" && node != "" {
			added(strings.TrimPrefix(node, "/dev/"))
		}
	}
}

// Consoles are the kernel's own ports, from /sys/class/tty/console/active.
func Consoles(sys string) []string {
	text, _ := os.ReadFile(filepath.Join(sys, "class/tty/console/active"))
	return strings.Fields(string(text))
}
