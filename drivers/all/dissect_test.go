package all

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"watchbox/firmware/bus"
)

var (
	unit1    = bus.Slave{Protocol: bus.ModbusRTU, Unit: 1}
	telecom1 = bus.Slave{Protocol: bus.YDT1363, Unit: 1}
	ups      = bus.Slave{Protocol: bus.Megatec}

	question = []byte{1, 3, 0, 0, 0, 1, 0x84, 0x0a}
	answer   = []byte{1, 3, 2, 0, 1, 0x79, 0x84}
)

func TestFramesInWords(t *testing.T) {
	d := &Dissector{}
	for _, c := range []struct {
		f    bus.Frame
		want []string // protocol, unit, check, English words
	}{
		{bus.Frame{Kind: bus.Sent, Slave: unit1, Data: question}, []string{"modbus-rtu 1 good unit 1 read holding registers 0x0000, 1 of them"}},
		{bus.Frame{Kind: bus.Answer, Slave: unit1, Data: answer}, []string{"modbus-rtu 1 good unit 1 read holding registers 0x0000 = 1"}},
		{bus.Frame{Kind: bus.Damaged, Slave: unit1, Data: []byte{1, 3, 2, 0, 1, 0x79, 0x85}}, []string{"modbus-rtu 1 bad wrong CRC: 8579, want 8479"}},
		{bus.Frame{Kind: bus.Silence, Slave: unit1, Wait: time.Second}, []string{"modbus-rtu 1  no answer within 1s"}},
		{bus.Frame{Kind: bus.Foreign, Slave: unit1, Data: append(append([]byte("xy"), question...), answer...)}, // somebody else's, with noise before
			[]string{" 0  2 bytes, not understood", "modbus-rtu 1 good unit 1 read holding registers 0x0000, 1 of them", "modbus-rtu 1 good unit 1 read holding registers 0x0000 = 1"}},
		{bus.Frame{Kind: bus.Sent, Slave: telecom1, Data: []byte("~21012A500000FDA4\r")}, []string{"ydt1363 1 good VER 2.1 ADR 1 CID1 2A (UPS) CID2 50 (device address)"}},
		{bus.Frame{Kind: bus.Answer, Slave: telecom1, Data: []byte("~21012A000000FDA9\r")}, []string{"ydt1363 1 good VER 2.1 ADR 1 CID1 2A (UPS) CID2 00 (ok)"}},
		{bus.Frame{Kind: bus.Damaged, Slave: telecom1, Data: []byte("~21012A000000FDAA\r")}, []string{"ydt1363 0 bad YD/T 1363, wrong check sum"}},
		{bus.Frame{Kind: bus.Foreign, Slave: unit1, Data: []byte("~21012A000000FDA9\r")}, []string{"ydt1363 1 good VER 2.1 ADR 1 CID1 2A (UPS) CID2 00 (ok)"}},
		{bus.Frame{Kind: bus.Sent, Slave: ups, Data: []byte("Q1\r")}, []string{`megatec 0  "Q1"`}},
		{bus.Frame{Kind: bus.Answer, Slave: ups, Data: []byte("(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000\r")},
			[]string{`megatec 0  "(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000" input.voltage=208.4 input.voltage.fault=140 output.voltage=208.4 ups.load=34`}},
		{bus.Frame{Kind: bus.Noise, Slave: unit1, Data: []byte("noise")}, []string{" 0  5 bytes, not understood"}},
	} {
		lines := d.Lines(c.f)
		if len(lines) != len(c.want) {
			t.Errorf("%s % x: %d lines, want %d", c.f.Kind, c.f.Data, len(lines), len(c.want))
			continue
		}
		for i, l := range lines {
			got := strings.Join([]string{l.Protocol, string('0' + rune(l.Meaning.Unit)), l.Check, l.Text.En}, " ")
			if !strings.HasPrefix(got, c.want[i]) || l.Text.Zh == "" {
				t.Errorf("%s: %q, want %q", c.f.Kind, got, c.want[i])
			}
		}
	}
}

// FuzzDissector: whatever stands on a wire, no byte of it is told twice or left out.
func FuzzDissector(f *testing.F) {
	f.Add(answer, question, uint8(bus.Answer), uint8(0))
	f.Add([]byte("~21012A000000FDA9\r~2101"), []byte("~21012A500000FDA4\r"), uint8(bus.Foreign), uint8(1))
	f.Add([]byte("(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000\r"), []byte("Q1\r"), uint8(bus.Answer), uint8(2))
	f.Add([]byte{0, 1, 0, 0, 0, 3, 7, 0x84, 6}, []byte{0, 1, 0, 0, 0, 6, 7, 4, 0, 0, 0, 1}, uint8(bus.Late), uint8(3))
	f.Fuzz(func(t *testing.T, data, asked []byte, kind, who uint8) {
		slave := []bus.Slave{unit1, telecom1, ups, {Protocol: bus.ModbusTCP, Unit: 7}}[who%4]
		d := &Dissector{}
		d.Lines(bus.Frame{Kind: bus.Sent, Slave: slave, Data: asked})
		var all []byte
		for _, l := range d.Lines(bus.Frame{Kind: bus.Kind(kind % uint8(bus.Silence)), Slave: slave, Data: data, Lost: 3}) {
			all = append(all, l.Data...)
		}
		if !bytes.Equal(all, data) {
			t.Errorf("told % x of % x", all, data)
		}
	})
}
