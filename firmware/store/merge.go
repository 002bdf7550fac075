package store

import (
	"cmp"
	"container/heap"
	"context"
	"slices"

	"watchbox/firmware/point"
)

// seriesCursor walks the blocks of one point. A block is known by the time of
// its first reading; blocks may overlap, so every one that may hold something
// earlier is read before the next reading is given.
type seriesCursor struct {
	name   point.Name
	series int64
	blocks []blockKey // by start
	ready  []Reading  // by time
	memory []Reading  // what waits for the disk, by time
	last   Reading    // before from
	kept   Kept
}

// merge gives the readings of all cursors in the order of time; of one instant
// in the order of the points' names.
func (r *reading) merge(ctx context.Context) error {
	for _, c := range r.cursors {
		c.take(r, c.memory)
		if err := r.refill(ctx, c); err != nil {
			return err
		}
		if len(c.ready) > 0 {
			r.heap = append(r.heap, c)
		}
	}
	heap.Init(&r.heap)
	for n := 0; len(r.heap) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c := r.heap[0]
		x := c.ready[0]
		c.ready = c.ready[1:]
		c.count(x)
		if err := r.each(c.sample(x)); err != nil {
			return err
		}
		if err := r.refill(ctx, c); err != nil {
			return err
		}
		if len(c.ready) == 0 {
			heap.Pop(&r.heap)
		} else {
			heap.Fix(&r.heap, 0)
		}
	}
	return nil
}

func (c *seriesCursor) count(x Reading) {
	if c.kept.Count == 0 {
		c.kept.First = x.At
	}
	c.kept.Last, c.kept.Count = x.At, c.kept.Count+1
}

// refill reads on until the next reading is surely the earliest of the point.
func (r *reading) refill(ctx context.Context, c *seriesCursor) error {
	// A block that found its time taken stands up to blockMost milliseconds later.
	for len(c.blocks) > 0 && (len(c.ready) == 0 || c.blocks[0].start-blockMost <= c.ready[0].At.UnixMilli()) {
		more, err := r.load(ctx, c, c.blocks[0])
		if err != nil {
			return err
		}
		c.blocks = c.blocks[1:]
		c.take(r, more)
	}
	return nil
}

func (c *seriesCursor) take(r *reading, more []Reading) {
	more = slices.DeleteFunc(more, func(x Reading) bool { return x.At.Before(r.from) || !x.At.Before(r.to) })
	ordered := len(c.ready) == 0 && slices.IsSortedFunc(more, func(a, b Reading) int { return a.At.Compare(b.At) })
	c.ready = append(c.ready, more...)
	if !ordered {
		sortReadings(c.ready)
	}
}

// byTime is a heap of the cursors that have something to give.
type byTime []*seriesCursor

func (h byTime) Len() int { return len(h) }

func (h byTime) Less(i, j int) bool {
	if d := h[i].ready[0].At.Compare(h[j].ready[0].At); d != 0 {
		return d < 0
	}
	return cmp.Compare(h[i].name, h[j].name) < 0
}

func (h byTime) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push and Pop are container/heap's.
func (h *byTime) Push(x any) { *h = append(*h, x.(*seriesCursor)) }

// Pop takes the last one off.
func (h *byTime) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
