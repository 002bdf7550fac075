package backtest

import (
	"context"
	"errors"
	"slices"

	"watchbox/firmware/derive"
	"watchbox/firmware/point"
)

var errKnown = errors.New("known enough")

// choose: a computed point is taken as recorded when it was recorded already
// before the past begins, else it is computed from its sources.
func (s *stream) choose(ctx context.Context) error {
	var computed []point.Name
	for n := range s.plan.needed {
		if _, ok := s.plan.derived[n]; ok {
			computed = append(computed, n)
		}
	}
	if len(computed) == 0 {
		return nil
	}
	recorded := map[point.Name]bool{}
	_, err := s.plan.q.Read(ctx, computed, s.plan.q.From, s.plan.q.To, func(x point.Sample) error {
		if !x.At.Wall.Before(s.plan.q.From) {
			return errKnown
		}
		recorded[x.Point] = true
		return nil
	})
	if err != nil && !errors.Is(err, errKnown) {
		return err
	}
	for _, d := range s.plan.q.Derived {
		if s.plan.needed[d.Point] && !recorded[d.Point] {
			s.compute = append(s.compute, d)
		}
	}
	return nil
}

// fresh makes the computers anew: windows start again at a restart.
func (s *stream) fresh() {
	var points []point.Point
	for _, x := range s.plan.q.Points {
		if !slices.ContainsFunc(s.compute, func(d derive.Definition) bool { return d.Point == x.Name }) {
			points = append(points, x)
		}
	}
	s.derive, _ = derive.New(s.compute, points) // what it refuses the site file's own check has told
}
