package bus

import (
	"cmp"
	"encoding/binary"
	"io"
)

// linkType is LINKTYPE_WIRESHARK_UPPER_PDU: each packet names the dissector for what
// it holds. So one file may hold every protocol of a pair, and Wireshark reads
// Modbus without being told how; LINKTYPE_RTAC_SERIAL (250) would need to be.
const linkType = 252

// Block types and options of pcapng (IETF draft-ietf-opsawg-pcapng, 4.1–4.3).
const (
	sectionHeader  = 0x0a0d0d0a
	interfaceBlock = 1
	packetBlock    = 6
	optionComment  = 1
	optionFlags    = 2
	optionName     = 2
	optionSystem   = 4 // of the section: the program that wrote it
	optionTime     = 9 // of the interface: digits of a second's fraction
)

// What Wireshark calls the protocols, and the tags before the bytes (its
// exported_pdu_tlvs.h).
var dissectors = map[string]string{ModbusRTU: "mbrtu", ModbusTCP: "mbtcp"}

const (
	tagDissector   = 12
	tagPortType    = 24
	tagSource      = 25
	tagDestination = 26
	portTypeTCP    = 2
	masterPort     = 50200 // any but the slave's
	slavePort      = 502
)

// Capture writes the lines of a trace as pcapng. One goroutine.
type Capture struct{ w io.Writer }

// NewCapture begins a file; name is the wire's.
func NewCapture(w io.Writer, name string) (*Capture, error) {
	head := binary.LittleEndian.AppendUint32(nil, 0x1a2b3c4d)
	head = append(head, 1, 0, 0, 0) // version 1.0
	head = binary.LittleEndian.AppendUint64(head, ^uint64(0))
	face := binary.LittleEndian.AppendUint32(nil, linkType)
	face = binary.LittleEndian.AppendUint32(face, 0)
	c := &Capture{w}
	err := c.block(sectionHeader, head, option{optionSystem, []byte("Watchbox")})
	if err != nil {
		return nil, err
	}
	return c, c.block(interfaceBlock, face, option{optionName, []byte(name)}, option{optionTime, []byte{9}})
}

type option struct {
	code  uint16
	value []byte
}

func (c *Capture) block(kind uint32, body []byte, options ...option) error {
	for _, o := range options {
		body = binary.LittleEndian.AppendUint16(body, o.code)
		body = binary.LittleEndian.AppendUint16(body, uint16(len(o.value)))
		body = padded(append(body, o.value...))
	}
	body = append(body, 0, 0, 0, 0) // the end of the options
	size := uint32(len(body) + 12)
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, size)
	b = binary.LittleEndian.AppendUint32(append(b, body...), size)
	_, err := c.w.Write(b)
	return err
}

func padded(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// Add writes one line: the bytes, who spoke, and the words as a comment.
func (c *Capture) Add(l Line) error {
	data := append(tags(l), l.Data...)
	at := uint64(l.At.UnixNano())
	body := binary.LittleEndian.AppendUint32(nil, 0)
	body = binary.LittleEndian.AppendUint32(body, uint32(at>>32))
	body = binary.LittleEndian.AppendUint32(body, uint32(at))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
	body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
	body = padded(append(body, data...))
	const inbound, outbound, wrongSum = 1, 2, 1 << 24
	flags := uint32(inbound)
	if l.Kind == Sent {
		flags = outbound
	}
	if l.Check == Bad {
		flags |= wrongSum
	}
	comment := l.Kind.String() + ": " + l.Text.Zh
	if l.Text.En != l.Text.Zh {
		comment += " · " + l.Text.En
	}
	return c.block(packetBlock, body, option{optionComment, []byte(comment)}, option{optionFlags, binary.LittleEndian.AppendUint32(nil, flags)})
}

// tags say how to read the bytes, and by their ports who is the slave.
func tags(l Line) (b []byte) {
	put := func(tag uint16, value []byte) {
		b = binary.BigEndian.AppendUint16(b, tag)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
	}
	number := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	name := dissectors[l.Protocol]
	if l.Kind == Silence {
		name = ""
	}
	put(tagDissector, padded([]byte(cmp.Or(name, "data"))))
	put(tagPortType, number(portTypeTCP))
	source, destination := uint32(slavePort), uint32(masterPort)
	if l.Kind == Sent {
		source, destination = destination, source
	}
	put(tagSource, number(source))
	put(tagDestination, number(destination))
	return append(b, 0, 0, 0, 0)
}
