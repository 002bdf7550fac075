package main

import (
	"errors"
	"log"
	"os"

	"golang.org/x/sys/unix"
)

// mountAll mounts the kernel's file systems where nobody did yet.
func mountAll() {
	for _, m := range []struct{ kind, where string }{
		{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"configfs", "/sys/kernel/config"}, {"tmpfs", "/run"},
	} {
		if m.kind != "configfs" {
			os.MkdirAll(m.where, 0o755)
		}
		err := unix.Mount(m.kind, m.where, m.kind, unix.MS_NOSUID, "")
		optional := m.kind == "configfs" && (errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT))
		if err != nil && !errors.Is(err, unix.EBUSY) && !optional {
			log.Printf("mount %s: %v", m.where, err)
		}
	}
}

// loopbackUp switches on the box's way to itself: programs on it ask the API
// there.
func loopbackUp() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		log.Printf("loopback: %v", err)
		return
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err == nil {
		lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		err = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
	}
	if err != nil {
		log.Printf("loopback: %v", err)
	}
}

// powerOff ends the machine; the caller has nothing left to save.
func powerOff() {
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		log.Printf("power off: %v", err)
	}
	select {} // PID 1 must not return
}
