package store

import (
	"cmp"
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// SamplesPoints is how many points Samples reads at once: each holds one block
// in memory, 200 KB at most and some ten as a rule.
const SamplesPoints = 512

// ErrPoints says that Samples was asked for too many points.
var ErrPoints = errors.New("too many points at once")

// Coverage is what the history holds of the time that was asked for.
type Coverage struct {
	From, To time.Time // what was asked
	Began    time.Time // the oldest sample of the whole history; zero when there is none
	Points   map[point.Name]Kept
}

// Kept is what the history holds of one point.
type Kept struct {
	First, Last time.Time
	Count       int
	// Thinned is the width of the slices that older samples were reduced to; 0:
	// each was kept as it came, to 10 ms. This store thins nothing before it
	// lets it go; a source that does says so here.
	Thinned time.Duration
	Before  bool // a sample from before From told how the point stood then
}

// Samples gives all kept samples of the points with from ≤ time < to, in the
// order of time, to each; before them the last one of each point from before,
// with its own time. It keeps to the history as it was at the call, holds a few
// blocks per point in memory, and stops at the first error of each or of ctx.
// Instants have wall time only, as synchronised.
func (s *Store) Samples(ctx context.Context, points []point.Name, from, to time.Time, each func(point.Sample) error) (Coverage, error) {
	r := &reading{from: from, to: to, each: each, coverage: Coverage{From: from, To: to, Points: map[point.Name]Kept{}}}
	points = slices.Compact(slices.Sorted(slices.Values(points)))
	if len(points) > SamplesPoints {
		return r.coverage, fmt.Errorf("store %s: read %d points: %w: at most %d", historyName, len(points), ErrPoints, SamplesPoints)
	}
	done, err := r.begin(ctx, s.history, points)
	defer done()
	if err == nil {
		err = r.earlier(ctx)
	}
	if err == nil {
		err = r.merge(ctx)
	}
	for _, c := range r.cursors {
		r.coverage.Points[c.name] = c.kept
	}
	if err != nil {
		return r.coverage, fmt.Errorf("store %s: read samples: %w", historyName, classed(err))
	}
	return r.coverage, nil
}

// reading is one call of Samples.
type reading struct {
	from, to time.Time
	each     func(point.Sample) error
	tx       *sql.Tx
	fetch    *sql.Stmt
	cursors  []*seriesCursor
	heap     byTime
	coverage Coverage
}

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

type blockKey struct{ segment, start int64 }

// begin takes the file and the memory as they are at one moment: nobody flushes
// between the two looks.
func (r *reading) begin(ctx context.Context, h *history, points []point.Name) (done func(), err error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	done = func() {}
	for _, p := range points {
		r.cursors = append(r.cursors, &seriesCursor{name: p})
	}
	h.mu.Lock()
	for _, c := range r.cursors {
		for _, run := range h.waiting[c.name] {
			c.memory = append(c.memory, run.readings...)
		}
		sortReadings(c.memory)
	}
	db := h.db
	h.mu.Unlock()
	if db == nil {
		return done, nil
	}
	if r.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return done, err
	}
	done = func() { r.tx.Rollback() }
	if r.fetch, err = r.tx.PrepareContext(ctx, `select data from block where segment = ? and series = ? and start = ?`); err != nil {
		return done, err
	}
	return done, r.index(ctx)
}

// index learns which blocks there are. A block of a segment that begins before
// from may reach into the time asked for.
func (r *reading) index(ctx context.Context) error {
	var began sql.NullInt64
	if err := r.tx.QueryRowContext(ctx, `select min(start) from segment where finish >= start and finish > 0`).Scan(&began); err != nil {
		return err
	}
	if began.Valid {
		r.coverage.Began = time.UnixMilli(began.Int64)
	}
	for _, c := range r.cursors {
		err := r.tx.QueryRowContext(ctx, `select number from series where name = ?`, string(c.name)).Scan(&c.series)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if c.blocks, err = r.blocks(ctx, `select b.segment, b.start from segment s cross join block b
		  on b.segment = s.number and b.series = ?1 where s.finish >= ?2 and s.start < ?3 order by b.start`,
			c.series, r.from.UnixMilli()-10, r.to.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) blocks(ctx context.Context, query string, arguments ...any) (keys []blockKey, err error) {
	rows, err := r.tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k blockKey
		if err := rows.Scan(&k.segment, &k.start); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// load reads one block; a damaged one is a gap.
func (r *reading) load(ctx context.Context, c *seriesCursor, k blockKey) ([]Reading, error) {
	var data sql.RawBytes
	rows, err := r.fetch.QueryContext(ctx, k.segment, c.series, k.start)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	if err := rows.Scan(&data); err != nil {
		return nil, err
	}
	readings, err := decodeBlock(data)
	if err != nil {
		return nil, nil
	}
	return readings, nil
}

// earlier gives, of each point, the last reading before from: how a contact that
// has not moved for weeks stands.
func (r *reading) earlier(ctx context.Context) error {
	var list []point.Sample
	for _, c := range r.cursors {
		if err := r.before(ctx, c); err != nil {
			return err
		}
		for _, x := range c.memory {
			c.note(x, r.from)
		}
		if c.kept.Before = !c.last.At.IsZero(); c.kept.Before {
			list = append(list, c.sample(c.last))
		}
	}
	slices.SortStableFunc(list, func(a, b point.Sample) int { return a.At.Wall.Compare(b.At.Wall) })
	for _, x := range list {
		if err := r.each(x); err != nil {
			return err
		}
	}
	return nil
}

// before looks at the newest blocks that begin before from; two of them, as they may overlap.
func (r *reading) before(ctx context.Context, c *seriesCursor) error {
	if c.series == 0 {
		return nil
	}
	keys, err := r.blocks(ctx, `select segment, start from block where series = ?1 and start < ?2
	  and segment in (select number from segment where start < ?2 order by finish desc limit 4000) order by start desc limit 2`,
		c.series, r.from.UnixMilli())
	if err != nil {
		return err
	}
	for _, k := range keys {
		readings, err := r.load(ctx, c, k)
		if err != nil {
			return err
		}
		for _, x := range readings {
			c.note(x, r.from)
		}
	}
	return nil
}

func (c *seriesCursor) note(x Reading, from time.Time) {
	if x.At.Before(from) && !x.At.Before(c.last.At) {
		c.last = x
	}
}

func (c *seriesCursor) sample(x Reading) point.Sample {
	return point.Sample{Point: c.name, Value: x.Value, Quality: x.Quality,
		At: point.Instant{Wall: x.At, Clock: point.ClockSynchronised}}
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
