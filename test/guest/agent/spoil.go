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
	if slices.Contains(names, "hold-reset") {
		holdReset()
	}
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

// holdReset holds the button for the factory reset before init looks at it: what the
// test's port "hold-reset" asks for. The chip with that line is found without /dev.
func holdReset() {
	lines, _ := filepath.Glob("/sys/devices/platform/gpio-sim*/gpiochip*/sim_gpio11") // DI12 of board/qemu/board.yaml; the outputs are four
	for _, line := range lines {
		if err := pullAt(line, true); err != nil {
			log.Printf("hold the button: %v", err)
		}
	}
}

// hang is an init that stops before it does anything: nobody has opened the watchdog.
func hang() {
	for {
		time.Sleep(time.Hour)
	}
}

// stopOnData holds each life of the daemon before it proves anything, as long as the
// box has its data: what the test's port "stop-on-data" asks for.
func stopOnData() {
	for {
		mounts, _ := os.ReadFile("/proc/mounts")
		if pid := pidOf("watchboxd"); pid > 1 && strings.Contains(string(mounts), " /data ext4 ") && !strings.Contains(string(mounts), " /data tmpfs ") {
			unix.Kill(pid, unix.SIGSTOP)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
