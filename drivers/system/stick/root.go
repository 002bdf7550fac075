package stick

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

const (
	entrySize = 32
	rootMost  = 65536 * entrySize // what a directory may have by its format, in bytes
	nameParts = 20                // entries of a long name, at most
)

// Attributes of an entry.
const (
	isVolume    = 0x08
	isDirectory = 0x10
	isLongName  = 0x0f // of six bits
)

// file is one of the root directory that has a long name. A bundle always has.
type file struct {
	name    string
	cluster uint32
	size    int64
}

// root lists the files of the root directory. One that goes on beyond what its
// format allows is an error.
func (f *fat) root() (files []file, err error) {
	in := f.stream(f.rootCluster, rootMost+entrySize)
	if !f.wide {
		in = io.NewSectionReader(f.disk, f.rootAt, f.rootSize)
	}
	l := listing{}
	entry := make([]byte, entrySize)
	for n := 0; ; n++ {
		_, err := io.ReadFull(in, entry)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return l.files, nil
		case err != nil:
			return nil, fmt.Errorf("read the root directory: %w", err)
		case n == rootMost/entrySize:
			return nil, fmt.Errorf("read the root directory: more than %d entries", n)
		case entry[0] == 0: // and all behind it
			return l.files, nil
		}
		l.add(entry)
	}
}

// listing puts long names together: their parts stand before the entry, the last
// part first.
type listing struct {
	files []file
	name  []uint16
	left  int  // parts still to come
	sum   byte // of the short name that they belong to
}

func (l *listing) add(e []byte) {
	switch attributes := e[11]; {
	case e[0] == 0xe5: // deleted
		l.name = nil
	case attributes&0x3f == isLongName:
		l.part(e)
	default:
		if l.name != nil && l.left == 0 && l.sum == checksum(e[:11]) && attributes&(isVolume|isDirectory) == 0 {
			l.files = append(l.files, file{string(utf16.Decode(l.name)),
				uint32(binary.LittleEndian.Uint16(e[20:]))<<16 | uint32(binary.LittleEndian.Uint16(e[26:])), int64(binary.LittleEndian.Uint32(e[28:]))})
		}
		l.name = nil
	}
}

// part takes one part of a long name; one out of order ends the name.
func (l *listing) part(e []byte) {
	number := int(e[0] & 0x3f)
	if e[0]&0x40 != 0 {
		l.name, l.left, l.sum = []uint16{}, number, e[13]
	}
	if l.name == nil || number != l.left || number == 0 || number > nameParts || l.sum != e[13] {
		l.name = nil
		return
	}
	var text []uint16
	for _, span := range [][]byte{e[1:11], e[14:26], e[28:32]} {
		for len(span) > 0 && binary.LittleEndian.Uint16(span) != 0 {
			text, span = append(text, binary.LittleEndian.Uint16(span)), span[2:]
		}
		if len(span) > 0 {
			break // the name ends here
		}
	}
	l.name, l.left = append(text, l.name...), number-1
}

// checksum is of the short name, as the parts of its long name have it.
func checksum(short []byte) (sum byte) {
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}
