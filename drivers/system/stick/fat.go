package stick

import (
	"encoding/binary"
	"fmt"
	"io"

	"watchbox/firmware/driver"
)

// fat is a FAT16 or FAT32 that is read. Source: Microsoft, FAT: General Overview of
// On-Disk Format, 1.03. FAT12 is of floppy disks and is not read. A FAT32 is known by
// its table's length standing in the second place, as Linux knows it, not by its
// number of clusters: small ones are made too.
type fat struct {
	disk     io.ReaderAt
	wide     bool   // FAT32: entries of four bytes
	table    int64  // place of the first table, in bytes
	data     int64  // place of cluster 2
	cluster  int64  // bytes of one
	clusters uint32 // how many there are; numbers go from 2 to clusters+1

	rootAt, rootSize int64  // of a FAT16, in bytes
	rootCluster      uint32 // of a FAT32

	part   []byte // of the table, as last read; short where the disk could not be read
	partAt int64
}

// formatError is a volume that is no FAT.
type formatError struct{ name string } // "exFAT", "NTFS", "FAT12", or "" when nobody knows

func (e *formatError) Error() string { return "no FAT: found " + e.name }

// openFAT reads the first sector (chapter "Boot Sector and BPB") and holds what
// it says against the size of the volume. A *formatError for what is no FAT.
func openFAT(volume *io.SectionReader) (*fat, error) {
	b := make([]byte, sector)
	if _, err := volume.ReadAt(b, 0); err == io.EOF {
		return nil, &formatError{}
	} else if err != nil {
		return nil, fmt.Errorf("read the boot sector: %w", err)
	}
	for name, mark := range map[string]string{"exFAT": "EXFAT   ", "NTFS": "NTFS    "} {
		if string(b[3:11]) == mark {
			return nil, &formatError{name}
		}
	}
	word := func(at int) int64 { return int64(binary.LittleEndian.Uint16(b[at:])) }
	long := func(at int) int64 { return int64(binary.LittleEndian.Uint32(b[at:])) }
	bytesPer, perCluster, reserved, tables, entries := word(11), int64(b[13]), word(14), int64(b[16]), word(17)
	sectors, each := word(19), word(22)
	if sectors == 0 {
		sectors = long(32)
	}
	if each == 0 {
		each = long(36)
	}
	if b[510] != 0x55 || b[511] != 0xaa || !powerOf2(bytesPer, 512, 4096) || !powerOf2(perCluster, 1, 128) || reserved == 0 || tables == 0 || each == 0 {
		return nil, &formatError{}
	}
	root := (entries*entrySize + bytesPer - 1) / bytesPer // sectors
	first := reserved + tables*each + root
	count := (sectors - first) / perCluster
	f := &fat{disk: volume, table: reserved * bytesPer, data: first * bytesPer, cluster: perCluster * bytesPer, clusters: uint32(max(count, 0)),
		rootAt: (reserved + tables*each) * bytesPer, rootSize: entries * entrySize, rootCluster: uint32(long(44)), wide: word(22) == 0}
	switch {
	case count < 1, count > 0x0ffffff5, sectors*bytesPer > volume.Size(), f.wide != (entries == 0):
		return nil, &formatError{}
	case !f.wide && count < 4085:
		return nil, &formatError{"FAT12"}
	case each*bytesPer < (count+2)*f.entry():
		return nil, &formatError{}
	}
	return f, nil
}

func powerOf2(n, least, most int64) bool { return n >= least && n <= most && n&(n-1) == 0 }

// entry is the size of one of the table, in bytes.
func (f *fat) entry() int64 {
	if f.wide {
		return 4
	}
	return 2
}

// next is the cluster that follows in a chain; 0 at its end. A number that is
// nowhere on the volume is an error.
func (f *fat) next(cluster uint32) (uint32, error) {
	at := f.table + int64(cluster)*f.entry()
	b, err := f.ofTable(at)
	if err != nil {
		return 0, fmt.Errorf("read the table at cluster %d: %w", cluster, err)
	}
	n, end := uint32(binary.LittleEndian.Uint16(b)), uint32(0xfff8)
	if f.wide {
		n, end = binary.LittleEndian.Uint32(b)&0x0fffffff, 0x0ffffff8 // the upper four bits are not of the number
	}
	if n >= end {
		return 0, nil
	}
	return n, f.inside(n)
}

func (f *fat) inside(cluster uint32) error {
	if cluster < 2 || cluster-2 >= f.clusters {
		return fmt.Errorf("cluster %d: the volume has 2 to %d: %w", cluster, f.clusters+1, driver.ErrGarbage)
	}
	return nil
}

// ofTable is the table from there on, at least one entry; it is read in pieces. Of
// a piece with a bad sector, what stands before that is good.
func (f *fat) ofTable(at int64) ([]byte, error) {
	const piece = 4096
	begin := at / piece * piece
	if begin != f.partAt || at-begin+f.entry() > int64(len(f.part)) {
		part := make([]byte, piece)
		n, err := f.disk.ReadAt(part, begin)
		if err != nil && int64(n) < at-begin+f.entry() {
			return nil, err
		}
		f.part, f.partAt = part[:n], begin
	}
	return f.part[at-begin:], nil
}

// chain is clusters one behind the other, as a stream. Its size bounds one that
// goes in circles; one that ends before its size ends with io.ErrUnexpectedEOF.
type chain struct {
	fat     *fat
	cluster uint32 // that is read
	at      int64  // in it
	left    int64
}

func (c *chain) Read(b []byte) (int, error) {
	switch {
	case c.left == 0:
		return 0, io.EOF
	case c.at == c.fat.cluster:
		next, err := c.fat.next(c.cluster)
		if err != nil {
			return 0, err
		}
		if next == 0 {
			return 0, io.ErrUnexpectedEOF
		}
		c.cluster, c.at = next, 0
	}
	most := min(int64(len(b)), c.left, c.fat.cluster-c.at)
	n, err := c.fat.disk.ReadAt(b[:most], c.fat.data+int64(c.cluster-2)*c.fat.cluster+c.at)
	c.at, c.left = c.at+int64(n), c.left-int64(n)
	if n > 0 {
		err = nil // comes again
	}
	return n, err
}

// stream reads size bytes from a cluster on.
func (f *fat) stream(cluster uint32, size int64) io.Reader {
	if err := f.inside(cluster); err != nil {
		return broken{err}
	}
	return &chain{fat: f, cluster: cluster, left: size}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
