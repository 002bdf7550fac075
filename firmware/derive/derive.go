// Package derive computes points from points: the rate of a counter, the dew
// point, how many of several conditions hold. It is pure: the engine's goroutine
// tells it each sample and takes what follows from it.
//
// Quality is carried along: what is made from a bad reading is bad for the same
// reason. Windows start again at a restart and at a reload.
package derive

import (
	"errors"
	"fmt"
	"slices"

	"watchbox/firmware/point"
)

// Definition is one computed point.
type Definition struct {
	Point point.Name
	Label point.Words
	Room  string
	Kind  string       // rate, dew-point, count-of
	From  []point.Name // rate: the counter; dew-point: temperature in °C, humidity in %; count-of: 1–64 conditions
	Unit  point.Unit
	Scale float64 // rate: multiplies units per second; 0 means 1. 8 turns octets into bits
	// Clock is, for a rate, the up-time of the counter's device, read together
	// with it: when it falls the counter began anew. It may be empty.
	Clock point.Name
}

// Set holds the computed points and what they remember. One goroutine may use it.
type Set struct {
	points []point.Point
	uses   map[point.Name][]computer
	makes  map[point.Name][]point.Name // the points that come of one, at once
}

// computer is one computed point: told a sample of one of its sources, it
// answers with its own new one, or ok false.
type computer interface {
	take(s point.Sample) (out point.Sample, ok bool)
}

var (
	errKind   = errors.New("want kind rate, dew-point or count-of")
	errSource = errors.New("no such point, or one that is computed later")
	errTwice  = errors.New("there is such a point already")
	errCount  = errors.New("wrong number of points in from")
)

// New makes the set. points are those that are there already; a definition may
// also use one that stands before it. It always returns a set: what the errors
// name is missing from it.
func New(definitions []Definition, points []point.Point) (*Set, []error) {
	s := &Set{uses: map[point.Name][]computer{}, makes: map[point.Name][]point.Name{}}
	known := make(map[point.Name]bool, len(points))
	for _, p := range points {
		known[p.Name] = true
	}
	var errs []error
	for _, d := range definitions {
		if err := s.add(d, known); err != nil {
			errs = append(errs, fmt.Errorf("derived point %s: %w", d.Point, err))
			continue
		}
		known[d.Point] = true
	}
	return s, errs
}

func (s *Set) add(d Definition, known map[point.Name]bool) error {
	sources := slices.Clone(d.From)
	if d.Clock != "" {
		sources = append(sources, d.Clock)
	}
	if err := d.Point.Check(); err != nil {
		return err
	}
	if known[d.Point] {
		return errTwice
	}
	for _, n := range sources {
		if !known[n] {
			return fmt.Errorf("%s: %w", n, errSource)
		}
	}
	c, described, err := build(d)
	if err != nil {
		return err
	}
	s.points = append(s.points, described)
	slices.Sort(sources)
	for _, n := range slices.Compact(sources) {
		s.uses[n], s.makes[n] = append(s.uses[n], c), append(s.makes[n], d.Point)
	}
	return nil
}

// build makes one computer and describes its point.
func build(d Definition) (computer, point.Point, error) {
	p := point.Point{Name: d.Point, Label: d.Label, Room: d.Room, Unit: d.Unit, Kind: point.Real, Decimals: 1}
	switch n := len(d.From); {
	case d.Kind == "rate" && n == 1:
		p.Source = "rate of " + string(d.From[0])
		return newRate(d), p, nil
	case d.Kind == "dew-point" && n == 2:
		p.Source = "dew point of " + string(d.From[0]) + " and " + string(d.From[1])
		if p.Unit == "" {
			p.Unit = "°C"
		}
		return &dewPoint{name: d.Point, temperature: d.From[0], humidity: d.From[1]}, p, nil
	case d.Kind == "count-of" && n >= 1 && n <= 64:
		p.Kind, p.Decimals, p.Source = point.Int, 0, fmt.Sprintf("count of %d points", n)
		return newCountOf(d), p, nil
	case d.Kind == "rate", d.Kind == "dew-point", d.Kind == "count-of":
		return nil, p, fmt.Errorf("%s of %d: %w", d.Kind, n, errCount)
	}
	return nil, p, fmt.Errorf("%q: %w", d.Kind, errKind)
}

// Points describes the computed points, in the order of their definitions.
func (s *Set) Points() []point.Point { return slices.Clone(s.points) }

// Follow lists what is computed of the point, also by way of other computed points:
// each once, the nearest first.
func (s *Set) Follow(n point.Name) []point.Name {
	all := slices.Clone(s.makes[n])
	for i := 0; i < len(all); i++ {
		for _, made := range s.makes[all[i]] {
			if !slices.Contains(all, made) {
				all = append(all, made)
			}
		}
	}
	return all
}

// Sample takes one reading and returns what follows from it at once. The caller
// tells the answers back, for what is computed from computed points.
func (s *Set) Sample(now point.Instant, in point.Sample) []point.Sample {
	var out []point.Sample
	if in.At == (point.Instant{}) {
		in.At = now
	}
	for _, c := range s.uses[in.Point] {
		if o, ok := c.take(in); ok {
			out = append(out, o)
		}
	}
	return out
}

// worse is the quality of what is made from both: the lower level, and the first
// reason of that level; what is made of a simulated value says so.
func worse(a, b point.Quality) point.Quality {
	if b.Level > a.Level || b.Level == a.Level && b.IsSimulated() {
		return b
	}
	return a
}
