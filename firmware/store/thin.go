package store

import (
	"slices"
	"time"

	"watchbox/firmware/point"
)

// thinner keeps, of any number of readings, so few that a chart of the wanted
// size still shows every peak and every gap: per slice of time the first, the
// last, the least, the greatest, and the first bad or simulated one.
type thinner struct {
	from, width time.Duration // since the zero of the query, per slice
	zero        time.Time
	slices      []slice
}

// perSlice is how many readings one slice keeps at most.
const perSlice = 5

type slice struct {
	used                              bool
	first, last, least, greatest, bad Reading
	hasLeast, hasBad                  bool
}

func newThinner(from, to time.Time, most int) *thinner {
	n := max(most/perSlice, 1)
	return &thinner{zero: from, width: max(to.Sub(from)/time.Duration(n), 1), slices: make([]slice, n)}
}

func (t *thinner) add(r Reading) {
	i := min(max(int(r.At.Sub(t.zero)/t.width), 0), len(t.slices)-1)
	s := &t.slices[i]
	if !s.used || r.At.Before(s.first.At) {
		s.first = r
	}
	if !s.used || !r.At.Before(s.last.At) {
		s.last = r
	}
	s.used = true
	if r.Quality.Level == point.Bad || r.Quality.IsSimulated() { // neither tells how low or high it really was
		if !s.hasBad {
			s.bad, s.hasBad = r, true
		}
		return
	}
	f, ok := r.Value.Float()
	if !ok {
		return
	}
	least, _ := s.least.Value.Float()
	greatest, _ := s.greatest.Value.Float()
	if !s.hasLeast || f < least {
		s.least = r
	}
	if !s.hasLeast || f > greatest {
		s.greatest = r
	}
	s.hasLeast = true
}

func (t *thinner) readings() []Reading {
	var kept []Reading
	for i := range t.slices {
		if s := &t.slices[i]; s.used {
			kept = append(kept, s.kept()...)
		}
	}
	return kept
}

func (s *slice) kept() []Reading {
	all := []Reading{s.first, s.last}
	if s.hasLeast {
		all = append(all, s.least, s.greatest)
	}
	if s.hasBad {
		all = append(all, s.bad)
	}
	sortReadings(all)
	return slices.CompactFunc(all, func(a, b Reading) bool {
		return a.At.Equal(b.At) && a.Value == b.Value && a.Quality == b.Quality
	})
}

func sortReadings(r []Reading) {
	slices.SortStableFunc(r, func(a, b Reading) int { return a.At.Compare(b.At) })
}
