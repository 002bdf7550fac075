package backtest

import (
	"slices"
	"time"

	"watchbox/firmware/point"
)

// track is one point on its way through the past: when it was last heard of, and
// what was kept of it.
type track struct {
	name     point.Name
	limit    time.Duration // it may be silent for so long; 0: for ever
	last     time.Duration // monotonic, of the newest usable sample
	seen     bool
	doubted  bool // its newest sample is bad
	computed bool
	before   bool
	thinned  time.Duration

	samples     int
	first, end  time.Time // of any sample
	usable      time.Time // the newest usable sample
	steps       []time.Duration
	every, skip int // each every-th step is in steps
	gaps        []Gap
	more        int
}

// heard keeps account for the doubt.
func (t *track) heard(x point.Sample, s *stream) {
	t.doubted = !x.Quality.Usable()
	if t.doubted {
		return
	}
	t.last, t.seen = x.At.Mono, true
	if t.limit > 0 {
		s.silent = min(s.silent, t.last+t.limit)
	}
}

const (
	stepsMost = 512  // bound of the steps of which the median is the resolution
	gapsKept  = 1000 // candidates, before the resolution is known
)

// count keeps account for the report.
func (t *track) count(x point.Sample) {
	at := x.At.Wall
	if t.samples++; t.samples == 1 {
		t.first = at
	} else {
		t.step(at.Sub(t.end))
	}
	t.end = at
	if !x.Quality.Usable() {
		return
	}
	if !t.usable.IsZero() {
		t.gap(Gap{t.usable, at})
	}
	t.usable = at
}

// step keeps a sample of the steps, thinning them evenly when there are many.
func (t *track) step(d time.Duration) {
	if t.skip > 0 {
		t.skip--
		return
	}
	t.every = max(t.every, 1)
	if t.skip = t.every - 1; len(t.steps) == stepsMost {
		for i := range stepsMost / 2 {
			t.steps[i] = t.steps[2*i]
		}
		t.steps, t.every = t.steps[:stepsMost/2], 2*t.every
	}
	t.steps = append(t.steps, d)
}

// gap notes what may be one once the resolution is known.
func (t *track) gap(g Gap) {
	switch d := g.To.Sub(g.From); {
	case d < t.limit || t.limit == 0 && d < gapLeast:
	case len(t.gaps) < gapsKept:
		t.gaps = append(t.gaps, g)
	default:
		t.more++
	}
}

func (t *track) resolution() time.Duration {
	if len(t.steps) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(t.steps))[len(t.steps)/2]
}

func (t *track) coverage(to time.Time) Coverage {
	c := Coverage{Point: t.name, Samples: t.samples, First: t.first, Last: t.end, Before: t.before, Computed: t.computed,
		Resolution: t.resolution(), Thinned: t.thinned, MoreGaps: t.more}
	if !t.usable.IsZero() {
		t.gap(Gap{t.usable, to})
	}
	for _, g := range t.gaps {
		switch {
		case t.limit == 0 && g.To.Sub(g.From) <= gapFactor*c.Resolution:
		case len(c.Gaps) < gapsMost:
			c.Gaps = append(c.Gaps, g)
		default:
			c.MoreGaps++
		}
	}
	return c
}
