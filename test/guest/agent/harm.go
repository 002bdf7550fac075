package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// send is any signal to a process, as often as asked.
func send(w []string) (string, error) {
	pid, err := strconv.Atoi(w[0])
	if err != nil || pid < 2 {
		return "", fmt.Errorf("signal %q: no process to be signalled", w[0])
	}
	n, err := strconv.Atoi(w[1])
	if err != nil {
		return "", err
	}
	return "ok", syscall.Kill(pid, syscall.Signal(n))
}

// fill leaves no room on a file system.
func fill(w []string) (string, error) {
	f, err := os.Create(w[0])
	if err != nil {
		return "", err
	}
	defer f.Close()
	total, block := 0, make([]byte, 64<<10)
	for len(block) > 0 {
		n, err := f.Write(block)
		total += n
		if errors.Is(err, unix.ENOSPC) {
			block = block[:len(block)/2]
			continue
		}
		if err != nil {
			return "", err
		}
	}
	return strconv.Itoa(total), f.Sync()
}

// readOnly makes the kernel take every file system for damaged (SysRq u): open
// files do not hinder it, as they do an ordinary remount.
func readOnly(w []string) (string, error) {
	if err := os.WriteFile("/proc/sysrq-trigger", []byte("u"), 0); err != nil {
		return "", err
	}
	for range 500 {
		mounts, err := os.ReadFile("/proc/mounts")
		if err != nil || strings.Contains(string(mounts), " "+w[0]+" ext4 ro,") {
			return "ok", err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "", fmt.Errorf("%s is still written to", w[0])
}

// freeze holds every write to a file system in the kernel, as a medium does that
// does not answer any more: a process that waits there cannot even be killed. It is
// over with the machine.
func freeze(w []string) (string, error) {
	folder, err := os.Open(w[0])
	if err != nil {
		return "", err
	}
	defer folder.Close()
	const fiFreeze = 0xc0045877 // FIFREEZE, linux/fs.h: _IOWR('X', 119, int)
	return "ok", unix.IoctlSetInt(int(folder.Fd()), fiFreeze, 0)
}

// ports lists what listens on more than the machine's way to itself.
func ports([]string) (string, error) {
	var open []string
	for file, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		text, err := os.ReadFile("/proc/net/" + file)
		if err != nil {
			return "", err
		}
		for _, line := range strings.Split(string(text), "\n")[1:] {
			f := strings.Fields(line)
			if len(f) < 4 || f[3] != state {
				continue
			}
			address, port, _ := strings.Cut(f[1], ":")
			if address == "0100007F" || address == "00000000000000000000000001000000" {
				continue
			}
			b, err := hex.DecodeString(port)
			if err != nil || len(b) != 2 {
				return "", fmt.Errorf("/proc/net/%s: %q", file, line)
			}
			open = append(open, fmt.Sprintf("%s/%d", strings.TrimSuffix(file, "6"), int(b[0])<<8|int(b[1])))
		}
	}
	return strings.Join(open, " "), nil
}

// listen opens a port on every address, as a program does that has no business
// on the box.
func listen(w []string) (string, error) {
	l, err := net.Listen("tcp", ":"+w[0])
	if err != nil {
		return "", err
	}
	go http.Serve(l, http.NotFoundHandler())
	return "ok", nil
}
