package gpio

import (
	"cmp"
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

// Poll reads one block, and first makes one attempt at its lines that are not
// held. A line that cannot be read turns bad and is no failure of the block, lest
// it cost the others their rate; Lines tells of it. Inputs that can none be read
// are a failure. A reading during which an edge came is thrown away: the edge is
// the newer truth, and the next reading is not far.
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
	if err := d.ensure(ctx, &d.holdInputs, true, d.backend.Inputs); err != nil {
		return err
	}
	return d.look(ctx, quality, emit)
}

// look reads the inputs that are held, and claims none.
func (d *Device) look(ctx context.Context, quality point.Quality, emit driver.Emit) error {
	before := d.told()
	readings, err := d.read(ctx, d.inputs)
	if err == nil {
		err = every(readings)
	}
	if err != nil {
		return err
	}
	d.order.Lock()
	defer d.order.Unlock()
	for i, t := range d.inputs {
		if readings[i].Fault != nil || d.edges == before {
			d.emitReading(t, readings[i], quality, emit)
		}
	}
	return nil
}

// every is the first fault when no line could be read.
func every(readings []Reading) error {
	for _, r := range readings {
		if r.Fault == nil {
			return nil
		}
	}
	return readings[0].Fault
}

// readOutputs fails only with the back end as a whole: an output that is gone
// must not make the box look deaf.
func (d *Device) readOutputs(ctx context.Context, emit driver.Emit) error {
	claiming := d.ensure(ctx, &d.holdOutputs, true, d.backend.Outputs)
	readings, err := d.read(ctx, d.outputs)
	if err != nil {
		return cmp.Or(claiming, err)
	}
	d.order.Lock()
	defer d.order.Unlock()
	for i, t := range d.outputs {
		d.emitReading(t, readings[i], point.Quality{}, emit)
	}
	return nil
}

func (d *Device) told() uint64 {
	d.order.Lock()
	defer d.order.Unlock()
	return d.edges
}

func (d *Device) read(ctx context.Context, lines []terminal) ([]Reading, error) {
	names := make([]string, len(lines))
	for i, t := range lines {
		names[i] = t.name
	}
	readings, err := d.backend.Read(ctx, names)
	if err == nil && len(readings) != len(lines) {
		err = fmt.Errorf("%d levels for %d lines: %w", len(readings), len(lines), driver.ErrGarbage)
	}
	return readings, err
}

// emitReading tells one reading. The caller holds order.
func (d *Device) emitReading(t terminal, r Reading, quality point.Quality, emit driver.Emit) {
	d.faults[t.name] = r.Fault
	s := point.Sample{Point: t.point, Value: point.OfBool(r.Level != t.rest), Quality: quality}
	if r.Fault != nil {
		s.Value, s.Quality = point.Value{}, point.BadBecause(driver.ReasonOf(r.Fault))
	}
	emit(s)
	if !t.output {
		d.tell(t, func(c *driver.Contact) { c.Level, c.Known = r.Level, r.Fault == nil })
		d.emitCount(t, s, emit)
	}
}
