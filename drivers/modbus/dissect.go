package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

// functions are the functions of the protocol's specification V1.1b3, section 6,
// that devices of the field are asked.
var functions = map[byte]point.Words{
	1: {Zh: "读线圈", En: "read coils"}, 2: {Zh: "读离散输入", En: "read discrete inputs"},
	3: {Zh: "读保持寄存器", En: "read holding registers"}, 4: {Zh: "读输入寄存器", En: "read input registers"},
	5: {Zh: "写单个线圈", En: "write coil"}, 6: {Zh: "写单个寄存器", En: "write register"},
	15: {Zh: "写多个线圈", En: "write coils"}, 16: {Zh: "写多个寄存器", En: "write registers"},
	0x2b: {Zh: "读设备标识", En: "read device identification"},
}

// Dissect explains the RTU frame that b begins with. asked is the request that was
// sent before, nil when not known: with it, an answer is told from a request. A
// Length of 0 means that no sound frame is there; then Check is bad when b is
// shaped like the answer. Pure; for any bytes.
func Dissect(b, asked []byte) bus.Meaning {
	n := 0
	if e, ok := expecting(asked); ok && len(b) >= e.length && bytes.HasPrefix(b, e.head) && sound(b[:e.length]) {
		n = e.length
	}
	if n == 0 {
		n = frameLength(b)
	}
	if n == 0 {
		return broken(b, asked)
	}
	m := meaning(b[0], b[1:n-2], pduOf(asked))
	m.Protocol, m.Check, m.Length = bus.ModbusRTU, bus.Good, n
	return m
}

// frameLength is that of the sound frame at b's start, whoever speaks; 0: there is
// none. A length is tried only where the function can have it: in noise each try may
// hit a check sum by chance.
func frameLength(b []byte) int {
	for _, n := range lengthsOf(b) {
		if n <= len(b) && sound(b[:n]) {
			return n
		}
	}
	return 0
}

func lengthsOf(b []byte) (lengths []int) {
	if len(b) < exceptionLength {
		return nil
	}
	switch function := b[1]; {
	case function >= 0x81 && function <= 0x80|0x2b:
		return []int{exceptionLength}
	case function >= 1 && function <= 4:
		return []int{8, 5 + int(b[2])}
	case function == 5 || function == 6:
		return []int{8}
	case function == 15 || function == 16:
		lengths = []int{8}
		if len(b) > 6 {
			lengths = append(lengths, 9+int(b[6]))
		}
	case function == 0x2b && b[2] == 0x0e:
		lengths = []int{7}
		if n := identifiedLength(b); n > 0 && n <= len(b) {
			lengths = append(lengths, n)
		}
	}
	return lengths
}

func pduOf(request []byte) []byte {
	if len(request) < 4 {
		return nil
	}
	return request[1 : len(request)-2]
}

// broken tells of bytes that would be the answer but for their check sum.
func broken(b, asked []byte) bus.Meaning {
	if len(b) < 4 || len(asked) < 2 || b[0] != asked[0] || b[1]&0x7f != asked[1] {
		return bus.Meaning{}
	}
	got := binary.LittleEndian.Uint16(b[len(b)-2:])
	want := sum(b[:len(b)-2])
	return bus.Meaning{Protocol: bus.ModbusRTU, Unit: int(b[0]), Check: bus.Bad, Text: point.Words{
		Zh: fmt.Sprintf("CRC 错误：收到 %04X，应为 %04X", got, want), En: fmt.Sprintf("wrong CRC: %04X, want %04X", got, want)}}
}

// DissectTCP is Dissect for a frame with the envelope of Modbus TCP.
func DissectTCP(b, asked []byte) bus.Meaning {
	frame, _, ok := cut(b)
	if !ok || frame == nil {
		return bus.Meaning{}
	}
	var pdu []byte
	if len(asked) > headerLength {
		pdu = asked[headerLength:]
	}
	m := meaning(frame[6], frame[headerLength:], pdu)
	m.Protocol, m.Length = bus.ModbusTCP, len(frame)
	return m
}

// meaning puts a PDU into words; asked is the PDU of the request before.
func meaning(unit byte, pdu, asked []byte) bus.Meaning {
	m := bus.Meaning{Unit: int(unit)}
	function := pdu[0]
	name, known := functions[function&0x7f]
	if !known {
		name = point.Words{Zh: fmt.Sprintf("功能码 %02XH", function&0x7f), En: fmt.Sprintf("function %02XH", function&0x7f)}
	}
	rest := wording(pdu, asked)
	m.Text = point.Words{Zh: fmt.Sprintf("单元 %d %s%s", unit, name.Zh, rest.Zh), En: fmt.Sprintf("unit %d %s%s", unit, name.En, rest.En)}
	return m
}

func wording(pdu, asked []byte) point.Words {
	function, body := pdu[0], pdu[1:]
	switch {
	case function&0x80 != 0:
		return refused(body)
	case function >= 1 && function <= 4 && len(body) > 0 && int(body[0]) == len(body)-1 && !(len(body) == 4 && asked == nil):
		return values(function, body[1:], asked)
	case (function >= 1 && function <= 4 || function == 15 || function == 16) && len(body) >= 4:
		return at(body, "%s 起 %d 个", " %s, %d of them")
	case (function == 5 || function == 6) && len(body) == 4:
		return at(body, "%s = %d", " %s = %d")
	case function == 0x2b:
		return identity(body)
	}
	return same(fmt.Sprintf(" % X", body))
}

func same(s string) point.Words { return point.Words{Zh: s, En: s} }

func at(body []byte, zh, en string) point.Words {
	address, n := fmt.Sprintf("0x%04X", binary.BigEndian.Uint16(body)), binary.BigEndian.Uint16(body[2:])
	return point.Words{Zh: fmt.Sprintf(" "+zh, address, n), En: fmt.Sprintf(en, address, n)}
}

func refused(body []byte) point.Words {
	if len(body) != 1 {
		return same("")
	}
	x, known := exceptions[body[0]]
	if !known {
		x.zh, x.text = "厂家自定", "the vendor's own"
	}
	return point.Words{Zh: fmt.Sprintf("：异常 %d（%s）", body[0], x.zh), En: fmt.Sprintf(": exception %d (%s)", body[0], x.text)}
}

// mostValues is how many values of an answer a line shows.
const mostValues = 12

// values shows what an answer brings, and from where when that is known.
func values(function byte, data, asked []byte) point.Words {
	var b strings.Builder
	if len(asked) >= 5 && asked[0] == function {
		fmt.Fprintf(&b, " 0x%04X", binary.BigEndian.Uint16(asked[1:]))
	}
	b.WriteString(" =")
	if function <= 2 {
		fmt.Fprintf(&b, " %08b", data[:min(len(data), mostValues)])
		return same(b.String())
	}
	for i := 0; i+1 < len(data) && i < 2*mostValues; i += 2 {
		fmt.Fprintf(&b, " %d", binary.BigEndian.Uint16(data[i:]))
	}
	if len(data) > 2*mostValues {
		b.WriteString(" …")
	}
	return same(b.String())
}

// identity shows the texts of an answer of 43/14 (section 6.21).
func identity(body []byte) point.Words {
	if len(body) == 3 {
		return same(fmt.Sprintf(" 0x%02X", body[2]))
	}
	i, ok := Identification{}, false
	if len(body) > 1 {
		i, ok = identified(append([]byte{encapsulated}, body...), body[1])
	}
	if !ok {
		return point.Words{}
	}
	var texts []string
	for _, o := range i.Objects {
		texts = append(texts, fmt.Sprintf("%02X=%q", o.ID, o.Text()))
	}
	return same(" " + strings.Join(texts, " "))
}
