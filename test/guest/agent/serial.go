package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"watchbox/drivers/system"
)

func find(w []string) (string, error) {
	list, err := filepath.Glob(w[0])
	return strings.Join(list, " "), err
}

// turns asks the kernel for its struct serial_rs485, whose first word has the bit
// "enabled". Root may open a port that somebody claimed.
func turns(w []string) (string, error) {
	f, err := os.OpenFile(w[0], os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var r [8]uint32
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.TIOCGRS485, uintptr(unsafe.Pointer(&r))); errno != 0 {
		return "", errno
	}
	return strconv.Itoa(int(r[0] & 1)), nil
}

// clog closes a serial port whose transmitter stands still, with bytes in it and the
// kernel told to wait until they have left: from then on the kernel holds whoever
// opens the port. It is over with the machine. Nobody else may have the port open.
func clog(w []string) (string, error) {
	if err := system.SetClosing(w[0], system.CloseWhenSent); err != nil {
		return "", err
	}
	if who := openers(w[0]); len(who) > 0 {
		return "", fmt.Errorf("%s is open in processes %v", w[0], who)
	}
	if !closeHangs(w[0]) {
		return "", fmt.Errorf("%s was closed in time", w[0])
	}
	return "ok", nil
}

// openers are the processes that have a file open.
func openers(path string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range all {
		if target, _ := os.Readlink(fd); target == path {
			pids = append(pids, strings.Split(fd, "/")[2])
		}
	}
	return pids
}

// closeHangs writes to the port, closes it, and looks for a second whether the
// kernel gives the thread back. It does when the bytes left, or when somebody else
// has the port open by now.
func closeHangs(path string) bool {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Write(fd, make([]byte, 1024))
	closed := make(chan struct{})
	go func() { unix.Close(fd); close(closed) }()
	select {
	case <-closed:
		return false
	case <-time.After(time.Second):
		return true
	}
}
