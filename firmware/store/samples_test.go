package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/point"
)

func replay(t *testing.T, s *Store, points []point.Name, from, to time.Duration) (list []point.Sample, c Coverage) {
	t.Helper()
	c, err := s.Samples(t.Context(), points, dawn.Add(from), dawn.Add(to), func(x point.Sample) error {
		list = append(list, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, c
}

// TestSamplesGiveWhatWasKept writes at random, late samples and packed segments
// among it, and holds the reading against the list of what was written.
func TestSamplesGiveWhatWasKept(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 6 {
		s, _ := mustOpen(t, t.TempDir(), Options{})
		points := []point.Name{"a/t", "b/t", "c/contact", "d/never"}
		var all []point.Sample
		for i := range 3000 {
			at := time.Duration(i) * 10 * time.Second
			if r.IntN(50) == 0 {
				at -= time.Duration(r.IntN(5000)) * time.Second // the clock was set back
			}
			x := sample(points[r.IntN(2)], at, point.OfInt(int64(i)))
			if i%500 == 0 {
				x = sample("c/contact", at, point.OfBool(i%1000 == 0))
			}
			all = append(all, x)
			s.AppendSamples([]point.Sample{x})
			if r.IntN(100) == 0 {
				s.FlushHistory(t.Context())
			}
			if r.IntN(700) == 0 {
				if err := roll(t.Context(), s.history.db, 2); err != nil {
					t.Fatal(err)
				}
			}
		}
		from, to := 5000*time.Second, 25_000*time.Second
		var want []point.Sample
		before := map[point.Name]point.Sample{}
		for _, x := range all {
			switch at := x.At.Wall.Sub(dawn); {
			case at < from:
				if !x.At.Wall.Before(before[x.Point].At.Wall) {
					before[x.Point] = x
				}
			case at < to:
				want = append(want, x)
			}
		}
		got, c := replay(t, s, points, from, to)
		if !slices.IsSortedFunc(got, func(a, b point.Sample) int { return a.At.Wall.Compare(b.At.Wall) }) {
			t.Fatal("out of order")
		}
		for _, x := range got[:len(before)] {
			if !x.At.Wall.Equal(before[x.Point].At.Wall) {
				t.Errorf("before: %+v, want %+v", x, before[x.Point])
			}
		}
		got = got[len(before):]
		if len(got) != len(want) {
			t.Fatalf("round %d: %d samples, want %d", round, len(got), len(want))
		}
		key := func(x point.Sample) string {
			return fmt.Sprint(x.At.Wall.UnixMilli(), x.Point, x.Value)
		}
		have := map[string]int{}
		for i := range got {
			have[key(got[i])]++
			have[key(want[i])]--
		}
		for k, n := range have {
			if n != 0 {
				t.Errorf("%s: %d too many", k, n)
			}
		}
		if k := c.Points["a/t"]; k.Count == 0 || k.First.Before(c.From) || !k.Last.Before(c.To) || !k.Before || k.Thinned != 0 {
			t.Errorf("coverage %+v", k)
		}
		if k, ok := c.Points["d/never"]; !ok || k.Count != 0 || k.Before {
			t.Errorf("coverage of what never was: %+v", k)
		}
		s.Close()
	}
}

func TestSamplesStop(t *testing.T) {
	s, _ := mustOpen(t, t.TempDir(), Options{})
	for i := range 5000 {
		s.AppendSamples([]point.Sample{sample("a/t", time.Duration(i)*time.Second, point.OfInt(1))})
	}
	s.FlushHistory(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := s.Samples(ctx, []point.Name{"a/t"}, dawn, dawn.Add(24*time.Hour), func(point.Sample) error {
		if n++; n == 100 {
			cancel()
		}
		return nil
	})
	if err == nil || n > 2048 {
		t.Errorf("after the cancel: %d samples, %v", n, err)
	}
	enough := errors.New("enough")
	if _, err := s.Samples(t.Context(), []point.Name{"a/t"}, dawn, dawn.Add(time.Hour), func(point.Sample) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	var many []point.Name
	for i := range SamplesPoints + 1 {
		many = append(many, point.Name(fmt.Sprint("a/", i)))
	}
	if _, err := s.Samples(t.Context(), many, dawn, dawn.Add(time.Hour), nil); !errors.Is(err, ErrPoints) {
		t.Errorf("%v", err)
	}
	// The writer goes on while somebody reads.
	if _, err := s.Samples(t.Context(), []point.Name{"a/t"}, dawn, dawn.Add(time.Hour), func(x point.Sample) error {
		if x.At.Wall.Equal(dawn) {
			s.AppendSamples([]point.Sample{sample("a/t", time.Minute, point.OfInt(2))})
			return s.FlushHistory(t.Context())
		}
		return nil
	}); err != nil {
		t.Errorf("%v", err)
	}
}

// Points used by rules are to be there unthinned for 30 days: whoever asks for
// fewer days of history gets 30.
func TestHistoryIsKeptForAMonthAtLeast(t *testing.T) {
	now := point.Instant{Wall: time.Now().AddDate(0, 0, 29), Clock: point.ClockSynchronised}
	s, _ := mustOpen(t, t.TempDir(), Options{HistoryDays: 1, Now: func() point.Instant { return now }})
	for i := range 1000 {
		s.AppendSamples([]point.Sample{{Point: "a/t", Value: point.OfInt(int64(i)), At: point.Instant{Wall: time.Now().Add(time.Duration(i) * time.Second)}}})
	}
	if err := errors.Join(s.FlushHistory(t.Context()), s.Sweep(t.Context())); err != nil {
		t.Fatal(err)
	}
	n := 0
	_, err := s.Samples(t.Context(), []point.Name{"a/t"}, time.Now().Add(-time.Hour), now.Wall, func(point.Sample) error { n++; return nil })
	if err != nil || n != 1000 {
		t.Errorf("%d samples, %v", n, err)
	}
}
