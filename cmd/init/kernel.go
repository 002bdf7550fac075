package main

import (
	"log"
	"os"

	"golang.org/x/sys/unix"

	"watchbox/drivers/system"
)

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
func powerOff() { end(unix.LINUX_REBOOT_CMD_POWER_OFF) }

func end(how int) {
	tell(system.InTime(diskPart, func() error { unix.Sync(); return nil }))
	if err := unix.Reboot(how); err != nil {
		log.Printf("end of the machine: %v", err)
	}
	select {} // PID 1 must not return
}

// console gives init its words back where the kernel found no console to open.
func console() {
	if _, err := unix.FcntlInt(1, unix.F_GETFD, 0); err == nil {
		return
	}
	f, err := os.OpenFile("/dev/console", os.O_RDWR, 0)
	if err != nil {
		return
	}
	for fd := range 3 {
		unix.Dup3(int(f.Fd()), fd, 0)
	}
}
