package bus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// recordingLimit bounds a file that is read, in bytes: an hour of a full bus at
// 115200 baud is less.
const recordingLimit = 128 << 20

var errCapture = errors.New("no recording of a bus: want a pcapng file as `watchbox bus trace --save` writes it")

// ReadCapture reads what Capture wrote: the frames with their time and kind. A
// file of another program, or a damaged one, is an error.
func ReadCapture(r io.Reader) (lines []Line, err error) {
	b, err := io.ReadAll(io.LimitReader(r, recordingLimit+1))
	if err != nil {
		return nil, err
	}
	if len(b) > recordingLimit || len(b) < 12 || binary.LittleEndian.Uint32(b) != sectionHeader {
		return nil, errCapture
	}
	for number := 1; len(b) > 0; number++ {
		body, rest, err := nextBlock(b)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", number, err)
		}
		if binary.LittleEndian.Uint32(b) == packetBlock {
			l, err := packetLine(body)
			if err != nil {
				return nil, fmt.Errorf("block %d: %w", number, err)
			}
			lines = append(lines, l)
		}
		b = rest
	}
	return lines, nil
}

func nextBlock(b []byte) (body, rest []byte, err error) {
	if len(b) < 12 {
		return nil, nil, errCapture
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n < 12 || n%4 != 0 || n > len(b) {
		return nil, nil, errCapture
	}
	return b[8 : n-4], b[n:], nil
}

// packetLine reads an enhanced packet block.
func packetLine(body []byte) (l Line, err error) {
	const head = 20
	if len(body) < head {
		return l, errCapture
	}
	at := uint64(binary.LittleEndian.Uint32(body[4:]))<<32 | uint64(binary.LittleEndian.Uint32(body[8:]))
	n := int(binary.LittleEndian.Uint32(body[12:]))
	if n < 0 || n > len(body)-head {
		return l, errCapture
	}
	l.At = time.Unix(0, int64(at))
	if l.Protocol, l.Data, err = untag(body[head : head+n]); err != nil {
		return l, err
	}
	comment := ""
	for rest := body[min(len(body), head+(n+3)&^3):]; len(rest) >= 4; {
		code, size := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
		if size > len(rest)-4 {
			return l, errCapture
		}
		if code == optionComment {
			comment = string(rest[4 : 4+size])
		}
		rest = rest[min(len(rest), 4+(size+3)&^3):]
	}
	kind, _, _ := strings.Cut(comment, ":")
	return l, l.Kind.UnmarshalText([]byte(kind))
}

// untag takes the tags off the bytes.
func untag(b []byte) (protocol string, data []byte, err error) {
	for len(b) >= 4 {
		tag, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; tag == 0 {
			return protocol, b, nil
		}
		if size > len(b) {
			break
		}
		for p, name := range dissectors {
			if tag == tagDissector && strings.TrimRight(string(b[:size]), "\x00") == name {
				protocol = p
			}
		}
		b = b[size:]
	}
	return "", nil, errCapture
}
