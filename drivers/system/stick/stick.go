// Package stick finds an update on a USB stick. It reads the stick's FAT itself,
// from the bare disk, as the daemon's own user and under its confinement: the
// kernel mounts nothing, so that a stick made to break a file system meets Go code
// that may fail, not the kernel, whose end is the box's. Nothing is ever written,
// and of all files only the one that is taken for the bundle is read.
//
// Every byte of a stick is hostile: what its tables say is checked against its
// size, directories and chains are bounded. A stick that does not answer blocks
// the caller until the kernel gives up on it, which may be minutes.
package stick

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"watchbox/drivers/system"
	"watchbox/firmware/driver"
	"watchbox/firmware/update"
)

// Bounds of what is looked at.
const (
	sticksMost     = 8   // at the same time
	partitionsMost = 16  // of one stick
	sector         = 512 // the unit of the kernel's sizes and places (Documentation/ABI/stable/sysfs-block)
)

// Sticks are the USB sticks of a machine.
type Sticks struct {
	Sys, Dev string // where the kernel's files are: "/sys", "/dev"
}

// Plugged names the sticks that are in and that the daemon may read. A name is
// good for one plugging in: the same stick has another one the next time (the
// kernel's number of the disk, diskseq). Does not touch the sticks.
func (s Sticks) Plugged() (names []string) {
	disks, _ := filepath.Glob(filepath.Join(s.Sys, "block/sd*"))
	for _, d := range disks {
		name := filepath.Base(d)
		number, err := s.number(name, "diskseq")
		if err != nil || number == 0 || !system.OnUSB(d) || unix.Access(filepath.Join(s.Dev, name), unix.R_OK) != nil {
			continue
		}
		if names = append(names, fmt.Sprintf("%s#%d", name, number)); len(names) == sticksMost {
			break
		}
	}
	return names
}

// Body names the stick itself and its socket, by what the kernel's USB devices say
// (Documentation/ABI/stable/sysfs-bus-usb): the same after it was lost and found again.
func (s Sticks) Body(stick string) string {
	disk, _, _ := strings.Cut(stick, "#")
	place, err := filepath.EvalSymlinks(filepath.Join(s.Sys, "block", disk))
	if err != nil {
		return ""
	}
	for ; len(place) > len(s.Sys); place = filepath.Dir(place) {
		vendor, err := os.ReadFile(filepath.Join(place, "idVendor"))
		if err != nil {
			continue
		}
		product, _ := os.ReadFile(filepath.Join(place, "idProduct"))
		serial, _ := os.ReadFile(filepath.Join(place, "serial")) // not every stick has one
		return fmt.Sprintf("%s %.8q %.8q %.64q", filepath.Base(place), vendor, product, serial)
	}
	return ""
}

// number reads a file of sysfs that holds one number, below a disk's folder.
func (s Sticks) number(disk, file string) (int64, error) {
	text, err := os.ReadFile(filepath.Join(s.Sys, "block", disk, file))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// Bundle opens the newest bundle for the board, by its file name, in the root
// directory of the first FAT of the stick that holds one: watchbox-BOARD-x.y.z.bundle.
// Errors that a person can do something about are *update.Refusal. Blocks on the stick.
func (s Sticks) Bundle(stick, board string) (name string, bundle io.ReadCloser, err error) {
	disk, number, _ := strings.Cut(stick, "#")
	if disk == "" || strings.ContainsAny(disk, "/.") {
		return "", nil, fmt.Errorf("stick %.40q: %w", stick, driver.ErrNotPresent)
	}
	f, err := os.Open(filepath.Join(s.Dev, disk))
	if err != nil {
		return "", nil, fmt.Errorf("stick %s: %w", disk, err)
	}
	if now, err := s.number(disk, "diskseq"); err != nil || strconv.FormatInt(now, 10) != number {
		f.Close()
		return "", nil, fmt.Errorf("stick %s: it was pulled out: %w", disk, driver.ErrDisconnect)
	}
	name, content, err := find(f, s.volumes(disk), board)
	if err != nil {
		f.Close()
		return "", nil, fmt.Errorf("stick %s: %w", disk, err)
	}
	return name, &opened{content, f}, nil
}

// opened is a file of the stick.
type opened struct {
	io.Reader
	disk io.Closer
}

// Close lets the stick go.
func (o *opened) Close() error { return o.disk.Close() }

// extent is a part of the disk, in bytes.
type extent struct{ start, size int64 }

// volumes are the places where a FAT may be: the partitions that the kernel
// found, in their order, then the whole disk.
func (s Sticks) volumes(disk string) (list []extent) {
	files, _ := filepath.Glob(filepath.Join(s.Sys, "block", disk, disk+"*", "partition"))
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for _, f := range files[:min(len(files), partitionsMost)] {
		part := filepath.Join(disk, filepath.Base(filepath.Dir(f)))
		start, err := s.number(part, "start")
		size, err2 := s.number(part, "size")
		if err == nil && err2 == nil {
			list = append(list, extent{start * sector, size * sector})
		}
	}
	if size, err := s.number(disk, "size"); err == nil {
		list = append(list, extent{0, size * sector})
	}
	return list
}

// present is a disk whose size is known: where it ends before, it is gone. The
// kernel has a disk that was pulled out end at its first byte.
type present struct{ io.ReaderAt }

func (p present) ReadAt(b []byte, at int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, at)
	if err == io.EOF && n < len(b) {
		err = fmt.Errorf("the disk ends at byte %d: %w", at+int64(n), driver.ErrDisconnect)
	}
	return n, err
}

// find looks through the volumes. What it says when there is no bundle is what
// helps most: another format before an empty FAT.
func find(disk io.ReaderAt, volumes []extent, board string) (name string, content io.Reader, err error) {
	none := update.NoBundle(board)
	format := ""
	for _, v := range volumes {
		f, err := openFAT(io.NewSectionReader(present{disk}, v.start, v.size))
		var other *formatError
		switch {
		case errors.As(err, &other):
			format = cmp.Or(format, other.name)
			continue
		case err != nil:
			return "", nil, err
		}
		files, err := f.root()
		if err != nil {
			return "", nil, err
		}
		if file, ok := newest(files, board); ok {
			return file.name, f.stream(file.cluster, file.size), nil
		}
		format = "FAT"
	}
	if format != "FAT" {
		return "", nil, update.NotFAT(format)
	}
	return "", nil, none
}

// newest is the file whose name has the highest release. What a bundle is its
// manifest says; the name only says which file to read.
func newest(files []file, board string) (found file, ok bool) {
	var best update.Version
	for _, f := range files {
		rest, ours := strings.CutPrefix(f.name, "watchbox-"+board+"-")
		rest, is := strings.CutSuffix(rest, ".bundle")
		v, err := update.ParseVersion(rest)
		if ours && is && err == nil && (!ok || best.Before(v)) {
			found, best, ok = f, v, true
		}
	}
	return found, ok
}
