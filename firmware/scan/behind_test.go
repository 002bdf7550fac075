package scan

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// seeker is a device in the background whose attempts all take as long as they may.
type seeker struct{ fake }

func (*seeker) Background() {}

func (s *seeker) Describe() []point.Point { return nil }

func newSeeker(takes time.Duration) *seeker {
	return &seeker{fake{id: "search", takes: takes, blocks: []driver.Block{{Name: "step", Period: time.Millisecond, Timeout: 200 * time.Millisecond}}}}
}

// behind runs a fast device, and a search beside it, for a minute.
func behind(t *testing.T, period, takes time.Duration, f func(fast *fake, search *seeker, alone int)) {
	synctest.Test(t, func(t *testing.T) {
		run := func(search *seeker) (fast *fake) {
			b := &box{}
			s := New(b, func() point.Instant { return point.Instant{} }, b.log)
			fast = newFake("fast", period, takes)
			if err := s.Add("x", "fast", fast); err != nil {
				t.Fatal(err)
			}
			if search != nil {
				if err := s.Add("x", "search", search); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			s.Run(ctx)
			return fast
		}
		alone := len(run(nil).times())
		search := newSeeker(180 * time.Millisecond)
		f(run(search), search, alone)
	})
}

// A search steps into the gaps that are long enough for it, and nobody is late.
func TestBackgroundFillsTheGaps(t *testing.T) {
	behind(t, time.Second, 50*time.Millisecond, func(fast *fake, search *seeker, alone int) {
		if n := len(search.times()); n < 200 { // four in each gap of 950 ms
			t.Errorf("%d steps in a minute", n)
		}
		polls := fast.times()
		for i := 1; i < len(polls); i++ {
			if d := polls[i].Sub(polls[i-1]); d > 1010*time.Millisecond {
				t.Errorf("poll %d was %v after the one before", i, d)
			}
		}
		if len(polls) < alone-1 { // the phase may differ by one
			t.Errorf("%d polls, alone %d", len(polls), alone)
		}
	})
}

// Where there is no gap it gets a twentieth, and the living keep their rate.
func TestBackgroundIsNotStarved(t *testing.T) {
	behind(t, 100*time.Millisecond, 90*time.Millisecond, func(fast *fake, search *seeker, alone int) {
		if n := len(search.times()); n < 10 || n > 20 {
			t.Errorf("%d steps in a minute", n)
		}
		if n := len(fast.times()); n < alone*9/10 {
			t.Errorf("%d polls, alone %d", n, alone)
		}
	})
}
