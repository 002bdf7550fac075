package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// table is the disk's GUID partition table: UEFI Specification 2.10, 5.3.2 (header)
// and 5.3.3 (entries). Sectors are of 512 bytes.
type table struct {
	header  []byte // one sector
	entries []byte
}

// Places in header and entry.
const (
	tableSum, tableMine, tableOther = 16, 24, 32
	tableFirst, tableLast           = 40, 48 // that a partition may use
	tableEntries, tableCount        = 72, 80 // where the array begins; how many, then the size of one
	tableArraySum                   = 88
	entryStart, entryEnd            = 32, 40

	sectorSize   = 512
	entrySize    = 128
	entryCount   = 128
	arraySectors = entryCount * entrySize / sectorSize
	wholeMiB     = 2048 // sectors
)

var errTable = errors.New("it is not a partition table of ours")

// readTable reads the first copy and holds it against its check sums.
func readTable(disk io.ReaderAt) (t table, err error) {
	t = table{make([]byte, sectorSize), make([]byte, entryCount*entrySize)}
	if _, err := disk.ReadAt(t.header, sectorSize); err != nil {
		return t, fmt.Errorf("read partition table: %w", err)
	}
	size := binary.LittleEndian.Uint32(t.header[12:])
	switch {
	case string(t.header[:8]) != "EFI PART", size < 92, size > sectorSize,
		t.sum() != binary.LittleEndian.Uint32(t.header[tableSum:]), t.at(tableMine) != 1,
		t.at(tableCount) != entryCount|entrySize<<32, t.at(tableEntries) < 2, t.at(tableEntries)+arraySectors > t.at(tableFirst), t.at(tableFirst) > wholeMiB:
		return t, fmt.Errorf("read partition table: %w", errTable)
	}
	if _, err := disk.ReadAt(t.entries, int64(t.at(tableEntries))*sectorSize); err != nil {
		return t, fmt.Errorf("read partition table: %w", err)
	}
	if crc32.ChecksumIEEE(t.entries) != binary.LittleEndian.Uint32(t.header[tableArraySum:]) {
		return t, fmt.Errorf("read partition table: %w: a check sum differs", errTable)
	}
	return t, nil
}

func (t table) at(place int) uint64     { return binary.LittleEndian.Uint64(t.header[place:]) }
func (t table) set(place int, v uint64) { binary.LittleEndian.PutUint64(t.header[place:], v) }

// sum is the header's own, counted as if its field were zero.
func (t table) sum() uint32 {
	h := bytes.Clone(t.header[:binary.LittleEndian.Uint32(t.header[12:])])
	copy(h[tableSum:], make([]byte, 4))
	return crc32.ChecksumIEEE(h)
}

// entry is a partition's, counted from 1; nil where there is none.
func (t table) entry(number int) []byte {
	if number < 1 || number > entryCount {
		return nil
	}
	e := t.entries[(number-1)*entrySize:][:entrySize]
	if len(bytes.Trim(e[:16], "\x00")) == 0 {
		return nil
	}
	return e
}

// bounds are where a partition begins and how long it is, in bytes.
func (t table) bounds(number int) (start, length int64) {
	e := t.entry(number)
	start = int64(binary.LittleEndian.Uint64(e[entryStart:])) * sectorSize
	return start, int64(binary.LittleEndian.Uint64(e[entryEnd:])+1)*sectorSize - start
}

// copyAt is a copy that stands at one sector, with its array at another and its twin
// at a third.
func (t table) copyAt(mine, array, other uint64) table {
	c := table{bytes.Clone(t.header), t.entries}
	c.set(tableMine, mine)
	c.set(tableOther, other)
	c.set(tableEntries, array)
	binary.LittleEndian.PutUint32(c.header[tableArraySum:], crc32.ChecksumIEEE(c.entries))
	binary.LittleEndian.PutUint32(c.header[tableSum:], c.sum())
	return c
}

// grown is the table with the last partition of the disk as long as the disk and most
// (in bytes) let it, in whole MiB; ok is false when there is nothing to gain. total is
// the disk's size in sectors. Pure.
func (t table) grown(number int, total uint64, most int64) (n table, ok bool, err error) {
	e := t.entry(number)
	if e == nil {
		return t, false, fmt.Errorf("grow partition %d: %w", number, errTable)
	}
	start, end := binary.LittleEndian.Uint64(e[entryStart:]), binary.LittleEndian.Uint64(e[entryEnd:])
	for i := range entryCount {
		if other := t.entry(i + 1); other != nil && i+1 != number && binary.LittleEndian.Uint64(other[entryEnd:]) >= start {
			return t, false, fmt.Errorf("grow partition %d: partition %d does not end before it", number, i+1)
		}
	}
	if total < start+wholeMiB {
		return t, false, nil
	}
	last := total - arraySectors - 2 // behind it: the second copy's array and header
	limit := min((last+1)/wholeMiB*wholeMiB, start+uint64(most)/sectorSize)
	if limit < end+1+wholeMiB {
		return t, false, nil
	}
	n = table{bytes.Clone(t.header), bytes.Clone(t.entries)}
	binary.LittleEndian.PutUint64(n.entry(number)[entryEnd:], limit-1)
	n.set(tableLast, last)
	return n, true, nil
}

// write puts the table on a disk of so many sectors. One sector decides, the first
// header, which is written last: before that the old table holds, whose array is not
// touched, for the new one stands at another place. A cut in the middle of that sector
// leaves the second copy, at the disk's end.
func (t table) write(disk StateFile, total uint64) error {
	array := uint64(2)
	if t.at(tableEntries) == array {
		array += arraySectors
	}
	if array+arraySectors > t.at(tableFirst) {
		return fmt.Errorf("write partition table: %w: there is no room for a second array", errTable)
	}
	first, second := t.copyAt(1, array, total-1), t.copyAt(total-1, total-1-arraySectors, 1)
	for _, c := range []table{second, first} {
		if _, err := disk.WriteAt(c.entries, int64(c.at(tableEntries))*sectorSize); err != nil {
			return fmt.Errorf("write partition table: %w", err)
		}
		if err := disk.Sync(); err != nil {
			return fmt.Errorf("write partition table: %w", err)
		}
		if _, err := disk.WriteAt(c.header, int64(c.at(tableMine))*sectorSize); err != nil {
			return fmt.Errorf("write partition table: %w", err)
		}
		if err := disk.Sync(); err != nil {
			return fmt.Errorf("write partition table: %w", err)
		}
	}
	return nil
}
