package main

import (
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// spoiled is how a firmware fails before it is one. The test chooses by the name of
// a virtio port, "panic-b": the image stays the same, bit for bit.
var spoiled = map[string]func(){
	"panic": func() { os.Exit(1) }, // PID 1 ends: the kernel panics
	"hang":  hang,
}

// spoil does to this slot what the machine's ports ask for, and else nothing.
func spoil() {
	if _, err := os.Stat("/modules"); err == nil {
		return
	}
	for _, where := range []string{"/proc", "/sys"} {
		kind := map[string]string{"/proc": "proc", "/sys": "sysfs"}[where]
		if err := unix.Mount(kind, where, kind, 0, ""); err == nil {
			defer unix.Unmount(where, unix.MNT_DETACH)
		}
	}
	slot := "-a"
	if strings.Contains(word("/proc/cmdline"), "watchbox.slot=b") {
		slot = "-b"
	}
	names := portNames()
	for what, do := range spoiled {
		if slices.Contains(names, what+slot) {
			log.Printf("spoiled: %s", what+slot)
			do()
		}
	}
}

// portNames waits for the agent's own port, which is the last.
func portNames() (names []string) {
	for range 500 {
		names = nil
		ports, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, p := range ports {
			names = append(names, word(p))
		}
		if slices.Contains(names, "agent") {
			return names
		}
		time.Sleep(2 * time.Millisecond)
	}
	return names
}

// hang holds the machine still with its watchdog armed, as an init does that
// stops: the shortest time that the device takes, for the test's sake.
func hang() {
	unix.Mount("devtmpfs", "/dev", "devtmpfs", 0, "")
	f, err := os.OpenFile("/dev/watchdog", os.O_WRONLY, 0)
	if err != nil {
		log.Fatalf("hang: %v", err)
	}
	log.Print(unix.IoctlSetPointerInt(int(f.Fd()), unix.WDIOC_SETTIMEOUT, 4))
	for {
		time.Sleep(time.Hour)
	}
}
