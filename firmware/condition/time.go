package condition

import (
	"math"
	"time"

	"watchbox/firmware/point"
)

// buckets is the memory of a rate: the window is cut into so many parts, of each
// of which the lowest and the highest value are kept.
const buckets = 32

// slope holds while the value has risen (sign 1) or fallen (−1) by so much since
// some moment within the window.
type slope struct {
	input
	by     float64
	within time.Duration
	sign   float64
	lows   [buckets]float64 // of sign × value
	parts  [buckets]int64   // which part of time each bucket is of
	due    time.Duration
}

func newSlope(in input, c Change, sign float64) *slope {
	s := &slope{input: in, by: c.By, within: c.Within, sign: sign, due: point.Never}
	s.forget()
	return s
}

func (s *slope) forget() {
	for i := range s.parts {
		s.parts[i] = math.MinInt64
	}
}

func (s *slope) part(now point.Instant) int64 {
	return int64(now.Mono / max(s.within/buckets, time.Millisecond))
}

func (s *slope) Sample(now point.Instant, x point.Sample, _ bool) Verdict {
	if x.Quality.IsSimulated() != s.last.Quality.IsSimulated() {
		s.forget() // from a real value to a simulated one nothing rose
	}
	if !s.usable(x) {
		return Unsure
	}
	f, ok := x.Value.Float()
	if !ok || math.IsNaN(f) {
		return Unsure
	}
	part := s.part(now)
	i := ((part % buckets) + buckets) % buckets
	if s.parts[i] != part {
		s.parts[i], s.lows[i] = part, math.Inf(1)
	}
	s.lows[i] = min(s.lows[i], s.sign*f)
	return s.say(now)
}

// say compares the newest value with the lowest of the window.
func (s *slope) say(now point.Instant) Verdict {
	f, ok := s.last.Value.Float()
	if !ok {
		return Unsure
	}
	part, lowest := s.part(now), math.Inf(1)
	for i := range s.parts {
		if s.parts[i] > part-buckets && s.parts[i] <= part {
			lowest = min(lowest, s.lows[i])
		}
	}
	holds := s.sign*f-lowest >= s.by
	s.due = point.Never
	if holds { // it ends by time alone
		s.due = now.Mono + max(s.within/buckets, time.Millisecond)
	}
	return verdict(holds)
}

func (s *slope) Tick(now point.Instant, _ bool) Verdict {
	if !s.last.Quality.Usable() {
		s.due = point.Never
		return Unsure
	}
	return s.say(now)
}

func (s *slope) Next() time.Duration { return s.due }

// stuck holds when usable values have not changed for so long.
type stuck struct {
	input
	length time.Duration
	band   float64
	value  point.Value // since due − length
	due    time.Duration
	begun  bool
	holds  bool
}

func (s *stuck) Sample(now point.Instant, x point.Sample, _ bool) Verdict {
	if !s.usable(x) {
		s.begun, s.due = false, point.Never // silence is not sameness
		return Unsure
	}
	if !s.begun || s.changed(x.Value) {
		s.begun, s.holds, s.value, s.due = true, false, x.Value, now.Mono+s.length
	}
	return s.Tick(now, false)
}

func (s *stuck) changed(v point.Value) bool {
	a, ok1 := s.value.Float()
	b, ok2 := v.Float()
	if s.band > 0 && ok1 && ok2 {
		return math.Abs(a-b) > s.band
	}
	return v != s.value
}

func (s *stuck) Tick(now point.Instant, _ bool) Verdict {
	if !s.begun {
		return Unsure
	}
	if now.Mono >= s.due {
		s.holds, s.due = true, point.Never
	}
	return verdict(s.holds)
}

func (s *stuck) Next() time.Duration { return s.due }

// unbegun is the deadline of a stale test that nobody has told the time yet: it
// is due at once, and its first tick begins the wait.
const unbegun = time.Duration(-1)

// stale holds when no usable value came for so long, counted from the start.
type stale struct {
	input
	length time.Duration
	due    time.Duration
	holds  bool
}

func (s *stale) Sample(now point.Instant, x point.Sample, _ bool) Verdict {
	if s.usable(x) {
		s.holds, s.due = false, now.Mono+s.length
	}
	return s.Tick(now, false)
}

func (s *stale) Tick(now point.Instant, _ bool) Verdict {
	switch {
	case s.due == unbegun:
		s.due = now.Mono + s.length
	case now.Mono >= s.due:
		s.holds, s.due = true, point.Never
	}
	return verdict(s.holds)
}

func (s *stale) Next() time.Duration { return s.due }
