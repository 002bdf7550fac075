package derive

import "watchbox/firmware/point"

// countOf is how many of its sources are true. A source that cannot be read
// counts as it last was: a count never falls because a wire broke.
type countOf struct {
	name    point.Name
	sources []source
}

type source struct {
	name    point.Name
	seen    bool
	holds   bool
	quality point.Quality
}

func newCountOf(d Definition) *countOf {
	c := &countOf{name: d.Point}
	for _, n := range d.From {
		c.sources = append(c.sources, source{name: n})
	}
	return c
}

func (c *countOf) take(s point.Sample) (point.Sample, bool) {
	n, readable, worst := int64(0), false, point.Quality{}
	for i := range c.sources {
		x := &c.sources[i]
		if x.name == s.Point {
			x.seen, x.quality = true, s.Quality
			if s.Quality.Usable() {
				x.holds = s.Value.Truth()
			}
		}
		if !x.seen {
			return point.Sample{}, false
		}
		if x.holds {
			n++
		}
		readable = readable || x.quality.Usable()
		worst = worse(worst, x.quality)
	}
	out := point.Sample{Point: c.name, Value: point.OfInt(n), Quality: worst, At: s.At}
	switch {
	case !readable:
		out.Value = point.Value{}
	case !worst.Usable():
		out.Quality = point.UncertainBecause(worst.Reason)
	}
	return out, true
}
