package gpio

import (
	"context"
	"fmt"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Watch tells how every input stands, then each edge. It returns when ctx ends
// or the lines are lost; calling it again claims them anew.
func (d *Device) Watch(ctx context.Context, emit driver.Emit) error {
	if len(d.inputs) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := d.watch(ctx, emit); err != nil {
		return fmt.Errorf("%s: watch: %w", d.place, err)
	}
	return nil
}

func (d *Device) watch(ctx context.Context, emit driver.Emit) error {
	if err := d.reread(ctx, point.Quality{}, emit); err != nil {
		return err
	}
	for {
		e, err := d.backend.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.holdInputs.drop(err)
			}
			return err
		}
		if err := d.edge(ctx, e, emit); err != nil {
			return err
		}
	}
}

// edge tells one edge, and after a gap what can still be known.
func (d *Device) edge(ctx context.Context, e Edge, emit driver.Emit) error {
	t, known := d.byTerminal[e.Terminal]
	if !known || t.output {
		return fmt.Errorf("edge on terminal %q: %w", e.Terminal, driver.ErrGarbage)
	}
	gap := d.gap(e)
	sample := point.Sample{Point: t.point, Value: point.OfBool(e.Level != t.rest), Sequence: e.Line}
	if gap > 0 {
		d.lost.Add(gap)
		sample.Quality = point.UncertainBecause(point.Overflow)
	}
	if d.Stamp != nil && e.Time > 0 {
		sample.At = d.Stamp(e.Time)
	}
	d.order.Lock()
	d.edges++
	d.counts[t.name]++
	emit(sample)
	d.emitCount(t, sample, emit)
	d.order.Unlock()
	if gap == 0 {
		return nil
	}
	return d.reread(ctx, point.UncertainBecause(point.Overflow), emit)
}

// gap is how many edges are missing before e. A group counts from 1 and is new
// after each claim; a number that does not rise (2³² edges were told, or a back
// end does not number) hides nothing that could be counted.
func (d *Device) gap(e Edge) uint64 {
	last := d.numbers[e.Group]
	if last == 0 && len(d.numbers) >= 64 {
		clear(d.numbers) // groups of claims long gone
	}
	d.numbers[e.Group] = e.Sequence
	if e.Sequence <= last {
		return 0
	}
	return e.Sequence - last - 1
}

// reread is the extra read, with its own time limit: Watch has none.
func (d *Device) reread(ctx context.Context, quality point.Quality, emit driver.Emit) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return d.readInputs(ctx, quality, emit)
}
