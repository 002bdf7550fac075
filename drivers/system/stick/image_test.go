package stick

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// image is a FAT that a test makes and may spoil: sectors of 512 bytes, one table.
type image struct {
	b       []byte
	wide    bool
	cluster int // bytes
	entries int // of the root directory so far
	next    uint32
}

const (
	imageClusters = 5000 // enough for a FAT16, and Linux takes it for a FAT32
	tableSectors  = 60   // room for 5002 entries of four bytes, some to spare
	reserved      = 32
	rootEntries   = 512 // of the FAT16
)

func newImage(wide bool) *image {
	m := &image{wide: wide, cluster: 512, next: 3}
	rootSectors := rootEntries * entrySize / sector
	if wide {
		rootSectors = 0
	}
	total := reserved + tableSectors + rootSectors + imageClusters
	m.b = make([]byte, total*sector)
	put := func(at int, v uint16) { binary.LittleEndian.PutUint16(m.b[at:], v) }
	copy(m.b, "\xeb\x3c\x90MSWIN4.1")
	put(11, sector)
	m.b[13] = 1
	put(14, reserved)
	m.b[16] = 1
	binary.LittleEndian.PutUint32(m.b[32:], uint32(total))
	if wide {
		binary.LittleEndian.PutUint32(m.b[36:], tableSectors)
		binary.LittleEndian.PutUint32(m.b[44:], 2)
		m.link(2, 0x0fffffff)
	} else {
		put(17, rootEntries)
		put(22, tableSectors)
	}
	put(510, 0xaa55)
	return m
}

func (m *image) link(cluster, to uint32) {
	at := reserved * sector
	if m.wide {
		binary.LittleEndian.PutUint32(m.b[at+int(cluster)*4:], to)
		return
	}
	binary.LittleEndian.PutUint16(m.b[at+int(cluster)*2:], uint16(to))
}

func (m *image) place(cluster uint32) int {
	at := (reserved + tableSectors + int(cluster-2)) * sector
	if !m.wide {
		at += rootEntries * entrySize
	}
	return at
}

// write puts content into clusters of which each second one is skipped: a file in pieces.
func (m *image) write(content []byte) (first uint32) {
	first = m.next
	for len(content) > 0 {
		here := m.next
		n := copy(m.b[m.place(here):][:m.cluster], content)
		content, m.next = content[n:], here+2
		m.link(here, m.next)
		if len(content) == 0 {
			m.link(here, 0x0fffffff)
		}
	}
	return first
}

// rootEntry is the place of the next one; the directory of a FAT32 grows.
func (m *image) rootEntry() []byte {
	n := m.entries
	m.entries++
	if !m.wide {
		return m.b[m.place(2)-rootEntries*entrySize+n*entrySize:][:entrySize]
	}
	cluster := uint32(2)
	for range n / (m.cluster / entrySize) {
		next := binary.LittleEndian.Uint32(m.b[reserved*sector+int(cluster)*4:])
		if next >= 0x0ffffff8 {
			next = m.next
			m.next++
			m.link(cluster, next)
			m.link(next, 0x0fffffff)
		}
		cluster = next
	}
	return m.b[m.place(cluster)+n%(m.cluster/entrySize)*entrySize:][:entrySize]
}

// add makes a file in the root directory, by a long name.
func (m *image) add(name string, content []byte) { m.enter(name, m.write(content), len(content), 0x20) }

func (m *image) enter(name string, cluster uint32, size int, attributes byte) {
	short := fmt.Appendf(nil, "F%07dBUN", m.entries)
	text := utf16.Encode([]rune(name))
	if len(text)%13 != 0 {
		text = append(text, 0)
	}
	for len(text)%13 != 0 {
		text = append(text, 0xffff)
	}
	for part := len(text) / 13; part > 0; part-- {
		e := m.rootEntry()
		e[0], e[11], e[13] = byte(part), isLongName, checksum(short)
		if part == len(text)/13 {
			e[0] |= 0x40
		}
		for i, c := range text[(part-1)*13 : part*13] {
			at := 1 + 2*i
			if i >= 5 {
				at = 14 + 2*(i-5)
			}
			if i >= 11 {
				at = 28 + 2*(i-11)
			}
			binary.LittleEndian.PutUint16(e[at:], c)
		}
	}
	e := m.rootEntry()
	copy(e, short)
	e[11] = attributes
	binary.LittleEndian.PutUint16(e[20:], uint16(cluster>>16))
	binary.LittleEndian.PutUint16(e[26:], uint16(cluster))
	binary.LittleEndian.PutUint32(e[28:], uint32(size))
}
