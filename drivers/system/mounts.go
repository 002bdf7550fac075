package system

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Mount is one file system of the box.
type Mount struct {
	Kind, Where string
	Flags       uintptr
	Options     string
	Optional    bool // a kernel without it is no fault
}

const closed = unix.MS_NOSUID | unix.MS_NOEXEC | unix.MS_NODEV

// Devices must be there before anything else: the output lines are opened through it.
var Devices = Mount{Kind: "devtmpfs", Where: "/dev", Flags: unix.MS_NOSUID | unix.MS_NOEXEC}

// Kernel lists what else the kernel offers and the memory that stands in for
// folders of a root that cannot be written.
var Kernel = []Mount{
	{Kind: "proc", Where: "/proc", Flags: closed},
	{Kind: "sysfs", Where: "/sys", Flags: closed},
	{Kind: "tmpfs", Where: "/run", Flags: closed, Options: "mode=755,size=16m"},
	{Kind: "tmpfs", Where: "/tmp", Flags: closed, Options: "mode=1777,size=16m"},
	{Kind: "devpts", Where: "/dev/pts", Flags: unix.MS_NOSUID | unix.MS_NOEXEC, Options: "mode=600,ptmxmode=666", Optional: true},
	{Kind: "configfs", Where: "/sys/kernel/config", Flags: closed, Optional: true},
	{Kind: "pstore", Where: "/sys/fs/pstore", Flags: closed, Optional: true},
}

// Do mounts it where nobody did yet. Needs root.
func (m Mount) Do() error {
	err := os.MkdirAll(m.Where, 0o755)
	if err == nil {
		err = unix.Mount(m.Kind, m.Where, m.Kind, m.Flags, m.Options)
	}
	if err == nil || errors.Is(err, unix.EBUSY) || m.Optional {
		return nil
	}
	return fmt.Errorf("mount %s on %s: %w", m.Kind, m.Where, err)
}
