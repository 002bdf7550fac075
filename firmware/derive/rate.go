package derive

import (
	"math"
	"time"

	"watchbox/firmware/point"
)

// rate is how fast a counter rises, per second.
type rate struct {
	name, counter, clock point.Name
	scale                float64
	last                 point.Sample // the reading that the next one is compared with
	waiting              point.Sample // a reading whose up-time has not come yet
	now, before          point.Sample // of the clock: newest, and at the time of last
}

// shortest is the least time between two readings that gives a sensible rate.
const shortest = 50 * time.Millisecond

// together bounds how far apart a counter and its clock, read in one request,
// may be stamped.
const together = 2 * time.Second

func newRate(d Definition) *rate {
	r := &rate{name: d.Point, counter: d.From[0], clock: d.Clock, scale: d.Scale}
	if r.scale == 0 {
		r.scale = 1
	}
	return r
}

func (r *rate) take(s point.Sample) (point.Sample, bool) {
	if s.Point == r.clock {
		r.now = s
		if r.waiting.Point == "" {
			return point.Sample{}, false
		}
		s, r.waiting = r.waiting, point.Sample{}
		return r.step(s)
	}
	if !s.Quality.Usable() || s.Value.IsNone() {
		r.waiting = point.Sample{}
		return point.Sample{Point: r.name, Quality: s.Quality, At: s.At}, true
	}
	if r.clock != "" && !r.clockIsOf(s) {
		r.waiting = s
		return point.Sample{}, false
	}
	return r.step(s)
}

// clockIsOf is true when the newest up-time was read together with s: the two
// may be told in either order.
func (r *rate) clockIsOf(s point.Sample) bool {
	near := together
	if r.last.Point != "" && s.At.Boot == r.last.At.Boot {
		near = min(near, s.At.Since(r.last.At)/2)
	}
	return r.now.Point != "" && r.now.At.Boot == s.At.Boot && s.At.Since(r.now.At) <= near
}

// step compares s with the last reading.
func (r *rate) step(s point.Sample) (point.Sample, bool) {
	if r.clock != "" && !r.now.Quality.Usable() {
		r.last = point.Sample{}
		return point.Sample{Point: r.name, Quality: r.now.Quality, At: s.At}, true
	}
	last, before := r.last, r.before
	elapsed := s.At.Since(last.At)
	if last.Point != "" && last.At.Boot == s.At.Boot && elapsed >= 0 && elapsed < shortest {
		return point.Sample{}, false // too soon: the older reading stays
	}
	r.last, r.before = s, r.now
	if last.Point == "" || last.At.Boot != s.At.Boot || elapsed < shortest || last.Quality.IsSimulated() != s.Quality.IsSimulated() {
		return point.Sample{}, false
	}
	risen, ok := rise(last.Value, s.Value, r.clock != "", r.restarted(before, last.Value, s.Value))
	if !ok {
		return point.Sample{}, false
	}
	perSecond := risen / elapsed.Seconds() * r.scale
	if math.IsNaN(perSecond) || math.IsInf(perSecond, 0) {
		return point.Sample{Point: r.name, Quality: point.BadBecause(point.OutOfRange), At: s.At}, true
	}
	return point.Sample{Point: r.name, Value: point.OfReal(perSecond), Quality: worse(s.Quality, last.Quality), At: s.At}, true
}

// An SNMP up-time counts hundredths of a second in 32 bits and begins anew after
// 497 days; drivers may tell it in seconds. From these values on a fall of it is
// that, if the counter did not fall too.
const (
	lastTicks   = 1<<32 - 100*3600
	lastSeconds = (1<<32 - 100*3600) / 100.0
)

// restarted is true when the up-time fell since before, other than by its wrap.
func (r *rate) restarted(before point.Sample, from, to point.Value) bool {
	was, ok1 := before.Value.Float()
	is, ok2 := r.now.Value.Float()
	if r.clock == "" || !ok1 || !ok2 || is >= was {
		return false
	}
	a, _ := from.Float()
	b, _ := to.Float()
	wrapped := was >= lastTicks || was >= lastSeconds && was < lastSeconds+3600
	return !wrapped || b < a
}

// rise is by how much a counter rose, over its wrap where it has one. Not ok is
// a discontinuity: the counter began anew, nobody knows how much is missing.
// sure tells that a clock vouches for the counter not having been restarted.
func rise(from, to point.Value, sure, restarted bool) (float64, bool) {
	a, ok1 := from.Counter()
	b, ok2 := to.Counter()
	if !ok1 || !ok2 {
		x, _ := from.Float()
		y, numeric := to.Float()
		return y - x, numeric && y >= x && !restarted
	}
	switch {
	case restarted:
		return 0, false
	case b >= a:
		return float64(b - a), true
	case a < 1<<32:
		wrapped := b + 1<<32 - a
		return float64(wrapped), sure && wrapped < 1<<31 || wrapped < 1<<30
	}
	wrapped := b - a // modulo 2^64
	return float64(wrapped), wrapped < 1<<62
}
