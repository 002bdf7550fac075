package modbus

import (
	"context"
	"fmt"

	"watchbox/drivers/maps"
	"watchbox/firmware/point"
)

// Write sets one item that the map allows to be written: a coil with function 5,
// a register with 6, two registers with 16. The device has confirmed it when
// Write returns nil. Fails with driver.ErrUnsupported for items and values that
// cannot be written, before anything was sent.
func (d *Device) Write(ctx context.Context, item string, v point.Value) error {
	p := d.writable(item)
	if p == nil {
		return d.failed("write", item, unsupported("the map has no such item to write"))
	}
	if p.Table == maps.Coil {
		if _, ok := v.Float(); !ok {
			return d.failed("write", item, unsupported("%s is not on or off", v.Kind()))
		}
		return d.failed("write", item, d.bus.WriteCoil(ctx, d.unit, d.manners, p.Address, v.Truth()))
	}
	words, err := encode(p, v)
	if err != nil {
		return d.failed("write", item, err)
	}
	address := p.Address
	if p.WriteTo != nil {
		address = *p.WriteTo
	}
	return d.failed("write", item, d.bus.WriteRegisters(ctx, d.unit, d.manners, address, words...))
}

func (d *Device) writable(item string) *maps.Point {
	for i := range d.mapping.Points {
		if p := &d.mapping.Points[i]; p.Item == item && p.Write && p.Type != maps.Bit == (p.Table == maps.Holding) {
			return p
		}
	}
	return nil
}

// encode makes the registers of a value: decode's way back. Pure.
func encode(p *maps.Point, v point.Value) ([]uint16, error) {
	raw, err := p.Raw(v)
	if err != nil {
		return nil, err
	}
	if p.Width() == 1 {
		return []uint16{uint16(raw)}, nil
	}
	return words(p, raw), nil
}

func words(p *maps.Point, raw uint32) []uint16 {
	words := []uint16{uint16(raw >> 16), uint16(raw)}
	if p.LowFirst {
		words[0], words[1] = words[1], words[0]
	}
	return words
}

// failed puts the place before an error.
func (d *Device) failed(verb, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("modbus %s: %s %s: %w", d.name, verb, what, err)
}
