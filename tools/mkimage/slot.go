package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// The verity tree's salt and id are fixed: the root hash then depends on the root alone.
const (
	salt     = "77617463686268787761746368626f78"
	verityID = "7761746b-6469-4e00-8000-0000000000ff"
)

// level is zstd's: 19 takes three times as long and makes the root 1 % smaller.
const level = "15"

// slot makes slot.img and tells its path.
func (o order) slot() (string, error) {
	root := o.tmp("root.squashfs")
	if _, err := run("mksquashfs", o.root, root, "-comp", "zstd", "-Xcompression-level", level, "-all-root", "-noappend", "-no-xattrs",
		"-no-progress", "-processors", "1"); err != nil {
		return "", err
	}
	size, err := pad(root, block)
	if err != nil {
		return "", err
	}
	out, err := run("veritysetup", "format", "--salt="+salt, "--uuid="+verityID, fmt.Sprintf("--hash-offset=%d", size), root, root)
	if err != nil {
		return "", err
	}
	hash := field(out, "Root hash:")
	if len(hash) != 64 {
		return "", fmt.Errorf("veritysetup told no root hash:\n%s", out)
	}
	fit, err := o.fit(size, hash)
	if err != nil {
		return "", fmt.Errorf("fit: %w", err)
	}
	slot := o.path("slot.img")
	return slot, join(slot, fit, root)
}

// field is the last word of the line that begins so.
func field(text, head string) string {
	for line := range strings.Lines(text) {
		if rest, is := strings.CutPrefix(line, head); is {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// pad lengthens the file to a multiple of n and tells its size.
func pad(file string, n int64) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	size := (info.Size() + n - 1) / n * n
	return size, os.Truncate(file, size)
}

// join lays the FIT and the root one behind the other.
func join(slot, fit, root string) error {
	info, err := os.Stat(fit)
	if err != nil {
		return err
	}
	if info.Size() > fitSize {
		return fmt.Errorf("the FIT has %d bytes, a slot has room for %d", info.Size(), fitSize)
	}
	out, err := os.Create(slot)
	if err != nil {
		return err
	}
	defer out.Close()
	at := int64(0)
	for _, part := range []string{fit, root} {
		in, err := os.Open(part)
		if err != nil {
			return err
		}
		if _, err := out.Seek(at, io.SeekStart); err != nil {
			return err
		}
		n, err := io.Copy(out, in)
		in.Close()
		if err != nil {
			return err
		}
		if at += n; part == fit {
			at = fitSize
		}
	}
	if at > slotSize {
		return fmt.Errorf("the slot has %d bytes, its partition %d", at, slotSize)
	}
	return out.Close()
}

// early is of the time before init.
const early = "watchdog.open_timeout=30 watchdog.stop_on_reboot=0 gpt"

// commandFor is the kernel's command line in one slot: the root is the slot's
// squashfs behind dm-verity, found without an initramfs (dm-mod.create). A
// damaged block restarts the box: the loader counts, and takes the other slot.
//
// A watchdog that the loader started is fed by the kernel until init opens it, for
// 30 s at most, and goes on while the machine shuts down (the kernel's
// watchdog-parameters.rst). The second copy of the partition table is good enough
// (gpt): the first boot writes the first one anew (system.Grow).
func (o order) commandFor(name, uuid string, size int64, hash string) string {
	device := "PARTUUID=" + uuid
	table := fmt.Sprintf("slot,,0,ro,0 %d linear %s %d;root,,1,ro,0 %d verity 1 /dev/dm-0 %s %d %d %d %d sha256 %s %s 1 restart_on_corruption",
		size/512, device, fitSize/512, size/512, device, block, block, size/block, (fitSize+size)/block+1, hash, salt)
	return strings.TrimSpace(fmt.Sprintf("%s quiet panic=5 %s ro rootfstype=squashfs root=/dev/dm-1 init=%s watchbox.board=%s watchbox.slot=%s dm-mod.waitfor=%s dm-mod.create=\"%s\" %s",
		o.commandLine, early, o.init, o.board, name, device, table, o.more))
}
