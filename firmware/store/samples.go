package store

import (
	"context"
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
