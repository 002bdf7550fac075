package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Care is what a data partition gets at a start.
type Care int

// The three ways to treat it.
const (
	Repair Care = iota // e2fsck -p, then mount
	Format             // mke2fs, then mount
	Spare              // it is not touched: the box runs on memory
)

// CareFor decides what a data partition gets. It is formatted only when nothing
// was ever on it: its first MiB is blank and the boot state knows no box, or a
// format that this box began was cut off. A blank partition of a box that has an
// id has lost its data, and is left for the one who can bring it back. Pure.
func CareFor(blank bool, box string) Care {
	switch {
	case strings.HasPrefix(box, unfinished), blank && box == "":
		return Format
	case blank:
		return Spare
	}
	return Repair
}

// Repaired tells whether a file system may be mounted after e2fsck ended so
// (e2fsck(8)): 0 clean, 1 repaired, 2 repaired and the machine must start again
// if it was mounted, which ours never is; 4 and more: errors are left, or
// e2fsck failed. Pure.
func Repaired(exit int) bool { return exit >= 0 && exit < 4 }

// How long the tools may work. A card that does not answer must not hold the guard.
const (
	repairLimit = 20 * time.Second
	formatLimit = 60 * time.Second
	diskLimit   = 10 * time.Second // for one step that is not a tool's: a journal of the file system may be replayed
)

const (
	firstPart = 1 << 20 // blank is said of these bytes
	dataFlags = closed | unix.MS_NOATIME
)

// Data is the data partition and what it is cared for with.
type Data struct {
	Node  string // "/dev/mmcblk0p4"
	Where string // "/data"
	Run   func(limit time.Duration, name string, arguments ...string) (exit int, err error)
	Mount func(node, where string) error
	Grow  func(node string) // before a format: as long as the card lets it
	Reset bool              // a person orders a factory reset
}

// RealData cares with the tools of the image. sys is where sysfs is mounted; tell hears
// why a new partition stays as short as the image made it.
func RealData(sys, node, where string, tell func(error)) Data {
	grow := func(node string) {
		tell(InTime(diskLimit, func() error { return Grow(sys, node) }))
	}
	return Data{Node: node, Where: where, Run: runTool, Mount: mountExt4, Grow: grow}
}

// Open cares for the partition and mounts it. box is the id of the boot state;
// keep writes a new one there, before and after a format. The id that holds from
// now on comes back. An error means that the partition is not mounted, and is
// as it was; the caller runs on memory and says so. Blocks, for a minute and a
// half at most.
func (d Data) Open(box string, keep func(box string) error) (string, error) {
	var blank bool
	err := InTime(diskLimit, func() (err error) { blank, err = isBlank(d.Node); return err })
	if err != nil {
		return box, fmt.Errorf("data partition %s: %w", d.Node, err)
	}
	if blank && d.Reset {
		box = "" // nobody is to bring back what it had: a first boot
	}
	switch CareFor(blank, box) {
	case Spare:
		return box, fmt.Errorf("data partition %s is blank, but box %s had data", d.Node, box)
	case Format:
		if box, err = d.format(box, keep); err != nil {
			return box, err
		}
	case Repair:
		if err := d.repair(); err != nil {
			return box, err
		}
	}
	return box, d.mount()
}

// mount gives up on a disk that hangs. Should it answer later, what it brings must
// not cover the memory that the box runs on by then.
func (d Data) mount() error {
	late := make(chan error, 1)
	err := InTime(diskLimit, func() error {
		err := d.Mount(d.Node, d.Where)
		late <- err
		return err
	})
	if errors.Is(err, ErrHung) {
		go func() {
			if <-late == nil {
				unix.Unmount(d.Where, unix.MNT_DETACH)
			}
		}()
		return fmt.Errorf("mount %s on %s: %w", d.Node, d.Where, err)
	}
	return err
}

// InTime leaves behind what the disk does not answer in time: ErrHung.
func InTime(limit time.Duration, do func() error) error {
	answer := make(chan error, 1)
	go func() { answer <- do() }()
	select {
	case err := <-answer:
		return err
	case <-time.After(limit):
		return ErrHung
	}
}

func (d Data) repair() error {
	exit, err := d.Run(repairLimit, "/sbin/e2fsck", "-p", d.Node)
	if err != nil {
		return fmt.Errorf("check %s: %w", d.Node, err)
	}
	if !Repaired(exit) {
		return fmt.Errorf("check %s: e2fsck could not repair it (exit status %d)", d.Node, exit)
	}
	return nil
}

func (d Data) format(box string, keep func(string) error) (string, error) {
	box = strings.TrimPrefix(box, unfinished)
	if box == "" {
		box = NewBoxID()
	}
	if err := keep(unfinished + box); err != nil {
		return box, fmt.Errorf("format %s: %w", d.Node, err)
	}
	d.Grow(d.Node)
	exit, err := d.Run(formatLimit, "/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-L", "data", "-m", "0", d.Node)
	if err != nil || exit != 0 {
		return box, fmt.Errorf("format %s: mke2fs: exit status %d, %v", d.Node, exit, err)
	}
	return box, keep(box)
}

// isBlank reads the first MiB.
func isBlank(node string) (bool, error) {
	f, err := os.Open(node)
	if err != nil {
		return false, fmt.Errorf("data partition: %w", err)
	}
	defer f.Close()
	b := make([]byte, firstPart)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("data partition: %w", err)
	}
	return len(bytes.Trim(b[:n], "\x00")) == 0, nil
}

// ErrHung is a tool or a disk that did not answer in its time.
var ErrHung = errors.New("it did not end in its time")

// runTool runs a program. One that hangs is killed, and left alone when even
// that does not end it: the kernel waits for the card.
func runTool(limit time.Duration, name string, arguments ...string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = []string{"PATH=/sbin:/bin"}
	ended := make(chan error, 1)
	go func() { ended <- command.Run() }()
	var err error
	select {
	case err = <-ended:
	case <-time.After(limit + time.Second):
		return -1, ErrHung
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return -1, ErrHung
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	return 0, err
}

// mountExt4 mounts the data: an event is on the medium when fsync returns; what
// nobody synced may be 5 s old (the file system's own default), errors make it
// read-only rather than worse.
func mountExt4(node, where string) error {
	if err := unix.Mount(node, where, "ext4", dataFlags, "errors=remount-ro"); err != nil {
		return fmt.Errorf("mount %s on %s: %w", node, where, err)
	}
	return nil
}

// MountMemory gives the box a folder that lasts until the power goes. A quarter
// of the memory at most.
func MountMemory(where string) error {
	if err := unix.Mount("tmpfs", where, "tmpfs", dataFlags, "mode=755,size=25%"); err != nil {
		return fmt.Errorf("mount memory on %s: %w", where, err)
	}
	return nil
}
