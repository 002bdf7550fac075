package gpio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Watch tells how every input stands, then each edge. It returns when ctx ends
// or no line is left; calling it again claims them anew. A line that is gone
// while others go on turns bad, and Poll tries it again.
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
	if err := d.begin(ctx, emit); err != nil {
		return err
	}
	for {
		e, err := d.backend.Next(ctx)
		switch {
		case err == nil:
			err = d.edge(ctx, e, emit)
		case errors.Is(err, ErrPart):
			err = d.lookAgain(ctx, point.Quality{}, emit)
		}
		if err != nil {
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
	gap, own := d.gap(e)
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
	d.faults[t.name] = nil
	d.tell(t, func(c *driver.Contact) {
		c.Level, c.Known, c.Last = e.Level, true, when(sample.At)
		c.Edges, c.Lost = c.Edges+1, c.Lost+own
	})
	emit(sample)
	d.emitCount(t, sample, emit)
	d.order.Unlock()
	if gap == 0 {
		return nil
	}
	return d.lookAgain(ctx, point.UncertainBecause(point.Overflow), emit)
}

// when is the wall clock at an edge: that of its stamp, or now.
func when(at point.Instant) time.Time {
	if at.Wall.IsZero() {
		return time.Now()
	}
	return at.Wall
}

// numbered is who numbers edges: a group, or one line of it.
type numbered struct {
	group    int
	terminal string // empty: the group as a whole
}

// livingGroups is how many groups may be told of at once; older ones are of
// claims long gone.
const livingGroups = 64

// gap is how many edges of the group are missing before e, and how many of e's
// own input. A group and each of its lines count from 1 and are new after each
// claim.
func (d *Device) gap(e Edge) (group, own uint64) {
	if d.numbers[numbered{group: e.Group}] == 0 {
		maps.DeleteFunc(d.numbers, func(n numbered, _ uint64) bool { return n.group <= e.Group-livingGroups })
	}
	return d.missing(numbered{group: e.Group}, e.Sequence), d.missing(numbered{e.Group, e.Terminal}, e.Line)
}

// missing takes the next number. One that does not rise (2³² edges were told, or
// a back end does not number) hides nothing that could be counted.
func (d *Device) missing(who numbered, number uint64) uint64 {
	last := d.numbers[who]
	d.numbers[who] = number
	if number <= last {
		return 0
	}
	return number - last - 1
}

// begin and lookAgain have a time limit of their own: Watch has none.
func (d *Device) begin(ctx context.Context, emit driver.Emit) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return d.readInputs(ctx, point.Quality{}, emit)
}

func (d *Device) lookAgain(ctx context.Context, quality point.Quality, emit driver.Emit) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return d.look(ctx, quality, emit)
}
