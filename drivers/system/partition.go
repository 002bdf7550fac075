package system

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"watchbox/firmware/driver"
)

// Names of the partitions, as the image's builder gives them.
const (
	StatePartition = "bootstate"
	DataPartition  = "data"
)

// FindPartition gives the device node of the partition of that name, as the GPT
// has it. sys is where sysfs is mounted; the kernel's device file system has no
// links by name, its uevent files have PARTNAME. A USB stick is passed over: whoever
// plugs one in must not become the box's memory. driver.ErrNotPresent when there
// is none; two of one name are refused, for one of them is not ours.
func FindPartition(sys, name string) (string, error) {
	files, err := filepath.Glob(filepath.Join(sys, "class/block/*/uevent"))
	if err != nil {
		return "", err
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || OnUSB(filepath.Dir(file)) {
			continue // err: it was unplugged meanwhile
		}
		if e := parseVariables(string(text)); e["PARTNAME"] == name && e["DEVNAME"] != "" {
			found = append(found, "/dev/"+e["DEVNAME"])
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("find partition %s: %w", name, driver.ErrNotPresent)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("find partition %s: there are %d of that name: %s", name, len(found), strings.Join(found, ", "))
}

// OnUSB is true for a disk whose place among the kernel's devices is behind a USB
// controller. device is its folder in sysfs.
func OnUSB(device string) bool {
	place, err := filepath.EvalSymlinks(device)
	return err == nil && strings.Contains(place, "/usb")
}

// AwaitPartition asks again until ctx ends: a card may be slow to appear. Blocks.
func AwaitPartition(ctx context.Context, sys, name string) (string, error) {
	for {
		node, err := FindPartition(sys, name)
		if err == nil {
			return node, nil
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// parseVariables reads NAME=value lines; values end at a line's end or a zero.
func parseVariables(text string) map[string]string {
	e := map[string]string{}
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == 0 }) {
		if name, value, ok := strings.Cut(line, "="); ok {
			e[name] = value
		}
	}
	return e
}
