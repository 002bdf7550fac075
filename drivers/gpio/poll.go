package gpio

import (
	"context"
	"fmt"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Blocks are the slow second look at the inputs, which catches what no edge
// told, and the read-back of the outputs.
func (d *Device) Blocks() []driver.Block {
	var list []driver.Block
	for _, b := range []struct {
		name  string
		lines []terminal
	}{{"inputs", d.inputs}, {"outputs", d.outputs}} {
		if len(b.lines) == 0 {
			continue
		}
		block := driver.Block{Name: b.name, Period: d.period, Priority: 1, Timeout: d.timeout}
		for _, t := range b.lines {
			block.Points = append(block.Points, t.point)
			if !t.output {
				block.Points = append(block.Points, t.counter)
			}
		}
		list = append(list, block)
	}
	return list
}

// Poll reads one block. A reading during which an edge came is thrown away: the
// edge is the newer truth, and the next reading is not far.
func (d *Device) Poll(ctx context.Context, block int, emit driver.Emit) error {
	blocks := d.Blocks()
	if block < 0 || block >= len(blocks) {
		return fmt.Errorf("%s: block %d of %d: %w", d.place, block, len(blocks), driver.ErrNotPresent)
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	var err error
	if blocks[block].Name == "inputs" {
		err = d.readInputs(ctx, point.Quality{}, emit)
	} else {
		err = d.readOutputs(ctx, emit)
	}
	if err != nil {
		return fmt.Errorf("%s: read %s: %w", d.place, blocks[block].Name, err)
	}
	return nil
}

func (d *Device) readInputs(ctx context.Context, quality point.Quality, emit driver.Emit) error {
	if err := d.ensure(ctx, &d.holdInputs, d.backend.Inputs); err != nil {
		return err
	}
	before := d.told()
	levels, err := d.read(ctx, &d.holdInputs, d.inputs)
	if err != nil {
		return err
	}
	d.order.Lock()
	defer d.order.Unlock()
	if d.edges != before {
		return nil
	}
	d.emitLevels(d.inputs, levels, quality, emit)
	return nil
}

func (d *Device) readOutputs(ctx context.Context, emit driver.Emit) error {
	if err := d.ensure(ctx, &d.holdOutputs, d.backend.Outputs); err != nil {
		return err
	}
	levels, err := d.read(ctx, &d.holdOutputs, d.outputs)
	if err != nil {
		return err
	}
	d.emitLevels(d.outputs, levels, point.Quality{}, emit)
	return nil
}

func (d *Device) told() uint64 {
	d.order.Lock()
	defer d.order.Unlock()
	return d.edges
}

func (d *Device) read(ctx context.Context, c *claim, lines []terminal) ([]bool, error) {
	names := make([]string, len(lines))
	for i, t := range lines {
		names[i] = t.name
	}
	levels, err := d.backend.Read(ctx, names)
	if err != nil {
		c.drop(err)
		return nil, err
	}
	if len(levels) != len(lines) {
		return nil, fmt.Errorf("%d levels for %d lines: %w", len(levels), len(lines), driver.ErrGarbage)
	}
	return levels, nil
}

func (d *Device) emitLevels(lines []terminal, levels []bool, quality point.Quality, emit driver.Emit) {
	for i, t := range lines {
		s := point.Sample{Point: t.point, Value: point.OfBool(levels[i] != t.rest), Quality: quality}
		emit(s)
		if !t.output {
			d.tell(t, func(c *driver.Contact) { c.Level, c.Known = levels[i], true })
			d.emitCount(t, s, emit)
		}
	}
}
