package all

import (
	"fmt"

	"watchbox/drivers/megatec"
	"watchbox/drivers/modbus"
	"watchbox/drivers/ydt1363"
	"watchbox/firmware/bus"
	"watchbox/firmware/point"
)

// Dissector puts the frames of one wire into words. It remembers the last request:
// an answer alone does not say what it answers. One goroutine.
type Dissector struct{ asked bus.Frame }

// Lines are the frames that f holds, each with its meaning: what stands between or
// around sound frames is noise. At least one.
func (d *Dissector) Lines(f bus.Frame) (lines []bus.Line) {
	if f.Kind == bus.Sent {
		d.asked = f
	}
	if f.Kind == bus.Silence {
		text := point.Words{Zh: fmt.Sprintf("%v 内没有应答", f.Wait), En: fmt.Sprintf("no answer within %v", f.Wait)}
		return []bus.Line{{Frame: f, Meaning: bus.Meaning{Protocol: f.Slave.Protocol, Unit: f.Slave.Unit, Text: text}}}
	}
	rest, noise := f.Data, 0
	cut := func(n int, m bus.Meaning) {
		part := f
		part.Data = rest[:n]
		if len(lines) > 0 {
			part.Lost = 0
		}
		lines, rest, noise = append(lines, bus.Line{Frame: part, Meaning: m}), rest[n:], 0
	}
	for noise < len(rest) {
		m := d.meaning(f, rest[noise:])
		if m.Length == 0 {
			noise++
			continue
		}
		if noise > 0 {
			cut(noise, d.unknown(f, rest[:noise]))
		}
		cut(m.Length, m)
	}
	if len(rest) > 0 {
		cut(len(rest), d.unknown(f, rest))
	}
	return lines
}

// meaning looks for a frame at b's start, in the protocol that is spoken first.
func (d *Dissector) meaning(f bus.Frame, b []byte) bus.Meaning {
	var asked []byte
	if f.Kind != bus.Sent && f.Slave == d.asked.Slave {
		asked = d.asked.Data
	}
	switch f.Slave.Protocol {
	case bus.Megatec:
		return megatec.Dissect(b, asked)
	case bus.ModbusTCP:
		return modbus.DissectTCP(b, asked)
	}
	if m := ydt1363.Dissect(b, f.Kind != bus.Sent); m.Length > 0 {
		return m
	}
	return modbus.Dissect(b, asked)
}

// unknown is what a wrong check sum or nothing at all can be said of.
func (d *Dissector) unknown(f bus.Frame, b []byte) bus.Meaning {
	m := ydt1363.Dissect(b, true)
	if m.Check == "" && f.Slave.Protocol == bus.ModbusRTU {
		m = modbus.Dissect(b, d.asked.Data)
	}
	if m.Check == "" {
		m.Text = point.Words{Zh: fmt.Sprintf("%d 字节，无法识别", len(b)), En: fmt.Sprintf("%d bytes, not understood", len(b))}
	}
	return m
}
