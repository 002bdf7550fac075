package ledwalltest

import (
	"encoding/binary"
	"errors"
)

// data is what a receiver needs of an E1.31 data packet.
type data struct {
	source     [16]byte
	name       string
	priority   byte
	sequence   byte
	preview    bool
	terminated bool
	universe   uint16
	slots      []byte // without the start code
}

var errForeign = errors.New("not an E1.31 data packet")

// read decodes one datagram, checking each layer's length against what arrived.
func read(p []byte) (d data, err error) {
	be := binary.BigEndian
	switch {
	case len(p) < 126 || len(p) > 638,
		be.Uint16(p) != 0x10 || be.Uint16(p[2:]) != 0,
		string(p[4:16]) != "ASC-E1.17\x00\x00\x00",
		be.Uint32(p[18:]) != 4 || be.Uint32(p[40:]) != 2 || p[117] != 2,
		p[118] != 0xa1 || be.Uint16(p[119:]) != 0 || be.Uint16(p[121:]) != 1:
		return d, errForeign
	}
	for _, layer := range []int{16, 38, 115} {
		if be.Uint16(p[layer:]) != 0x7000|uint16(len(p)-layer) {
			return d, errors.New("E1.31: a layer's length is wrong")
		}
	}
	if int(be.Uint16(p[123:])) != len(p)-125 {
		return d, errors.New("E1.31: property count is wrong")
	}
	if p[125] != 0 {
		return d, errors.New("E1.31: start code is not zero")
	}
	copy(d.source[:], p[22:38])
	d.name = text(p[44:108])
	d.priority, d.sequence = p[108], p[111]
	d.preview, d.terminated = p[112]&0x80 != 0, p[112]&0x40 != 0
	d.universe = be.Uint16(p[113:])
	d.slots = append([]byte(nil), p[126:]...)
	return d, nil
}

// text reads up to the first zero.
func text(p []byte) string {
	for i, c := range p {
		if c == 0 {
			return string(p[:i])
		}
	}
	return string(p)
}
