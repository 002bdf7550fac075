package system

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dataMost is how long the data partition becomes, in bytes. The journal and the check
// of a bigger file system take longer than a start may, the box writes a few tens of
// MiB a day, and what is left of the card is room for it to spread its wear.
const dataMost = 16<<30 - 1<<20

// Grow makes a partition as long as its disk lets it, dataMost at most: the image is
// written to cards of every size. Only for a partition that is about to be formatted.
// sys is where sysfs is mounted. An error leaves partition and disk usable as they
// were. The old-style table in front is left as it is: it names the first sector of the
// new one, and nobody of ours looks at its length. Blocks on the medium.
func Grow(sys, node string) error {
	place, err := filepath.EvalSymlinks(filepath.Join(sys, "class/block", filepath.Base(node)))
	if err != nil {
		return fmt.Errorf("grow %s: %w", node, err)
	}
	disk := filepath.Dir(place)
	if block, err := number(disk, "queue/logical_block_size"); err != nil || block != sectorSize {
		return fmt.Errorf("grow %s: sectors of %d bytes, want %d (%v)", node, block, sectorSize, err)
	}
	which, err := number(place, "partition")
	if err != nil {
		return fmt.Errorf("grow %s: %w", node, err)
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(node), filepath.Base(disk)), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("grow %s: %w", node, err)
	}
	defer f.Close()
	size, err := f.Seek(0, 2)
	if err != nil {
		return fmt.Errorf("grow %s: %w", node, err)
	}
	start, length, err := growTable(f, size, which)
	if err == nil && length > 0 {
		err = resize(f, which, start, length)
	}
	if err != nil {
		return fmt.Errorf("grow %s: %w", node, err)
	}
	return nil
}

// growTable writes the table; start and length are the partition's, in bytes, length 0
// when it stays as it is.
func growTable(disk StateFile, size int64, which int) (start, length int64, err error) {
	t, err := readTable(disk)
	if err != nil {
		return 0, 0, err
	}
	total := uint64(size / sectorSize)
	n, ok, err := t.grown(which, total, dataMost)
	if err != nil || !ok {
		return 0, 0, err
	}
	if err := n.write(disk, total); err != nil {
		return 0, 0, err
	}
	start, length = n.bounds(which)
	return start, length, nil
}

// resize tells the kernel, which has the partition's old length since it found the disk.
func resize(disk *os.File, which int, start, length int64) error {
	p := unix.BlkpgPartition{Start: start, Length: length, Pno: int32(which)}
	a := unix.BlkpgIoctlArg{Op: unix.BLKPG_RESIZE_PARTITION, Datalen: int32(unsafe.Sizeof(p)), Data: (*byte)(unsafe.Pointer(&p))}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, disk.Fd(), unix.BLKPG, uintptr(unsafe.Pointer(&a))); errno != 0 {
		return fmt.Errorf("tell the kernel: %w", errno)
	}
	return nil
}

// number reads a number of sysfs.
func number(folder, name string) (int, error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
