package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// greedy asks as fast as it may, from n sides at once, each call holding the bus for
// so long, until ctx ends. The channel gives how long the bus was held in all.
func greedy(ctx context.Context, g *Guest, n int, takes time.Duration, w *wire) <-chan time.Duration {
	held, all := make(chan time.Duration, n), make(chan time.Duration, 1)
	for range n {
		go func() {
			sum := time.Duration(0)
			for ctx.Err() == nil {
				err := g.Do(ctx, time.Second, func(context.Context) error {
					defer w.use()()
					time.Sleep(takes)
					sum += takes
					return nil
				})
				if errors.Is(err, ErrNoTurn) {
					time.Sleep(20 * time.Millisecond)
				}
			}
			held <- sum
		}()
	}
	go func() {
		sum := time.Duration(0)
		for range n {
			sum += <-held
		}
		all <- sum
	}()
	return all
}

// Eight slaves of 20 ms once a second take a sixth of the wire. A master that never
// stops asking gets its share and no more, no device of ours loses a poll, and an
// order waits for one exchange at most.
func TestAGreedyGuestHasItsShare(t *testing.T) {
	const minutes = 2
	for _, share := range []int{1, 10, 50} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			w := &wire{}
			var all []*fake
			relay := obedient{newFake("relay", time.Second, 20*time.Millisecond)}
			relay.wire = w
			bubble(t, func(s *Scanner) {
				must(t, s.Add("b", "relay", relay))
				for i := range 8 {
					f := newFake(fmt.Sprint("d", i), time.Second, 20*time.Millisecond)
					f.wire = w
					all = append(all, f)
					must(t, s.Add("b", f.id, f))
				}
			}, func(b *bench) {
				ctx, cancel := context.WithTimeout(b.ctx, minutes*time.Minute)
				defer cancel()
				held := greedy(ctx, b.Guest("b", share), 12, 100*time.Millisecond, w)
				for ctx.Err() == nil {
					time.Sleep(777 * time.Millisecond)
					began := time.Now()
					must(t, b.Write(b.ctx, "relay/x", point.OfBool(true)))
					if d := time.Since(began); d > 110*time.Millisecond {
						t.Fatalf("an order waited %v", d)
					}
				}
				got := float64(<-held) / float64(minutes*time.Minute) * 100
				if got > float64(share)+0.1 || got < float64(share)*0.9 {
					t.Errorf("the guest had %.1f %% of the time", got)
				}
				for _, f := range all {
					if n := len(f.times()); n < minutes*60-1 {
						t.Errorf("%s: %d polls, want %d", f.id, n, minutes*60)
					}
				}
			})
			if w.hit {
				t.Error("two talked at once")
			}
		})
	}
}

// On a bus that is asked for four times its time a guest gets the tenth that is never
// planned for, whatever its share.
func TestAGuestHasWhatIsLeftOver(t *testing.T) {
	const minutes = 2
	var all []*fake
	w := &wire{}
	polls := func() (n int) {
		for _, f := range all {
			n += len(f.times())
		}
		return n
	}
	bubble(t, func(s *Scanner) {
		for i := range 8 {
			f := newFake(fmt.Sprint("d", i), 100*time.Millisecond, 50*time.Millisecond)
			f.wire = w
			all = append(all, f)
			must(t, s.Add("b", f.id, f))
		}
	}, func(b *bench) {
		time.Sleep(minutes * time.Minute)
		alone := polls()
		ctx, cancel := context.WithTimeout(b.ctx, minutes*time.Minute)
		defer cancel()
		held := <-greedy(ctx, b.Guest("b", 50), 12, 100*time.Millisecond, w)
		if beside := polls() - alone; beside < alone*9/10 {
			t.Errorf("%d polls alone, %d beside the guest", alone, beside)
		}
		if held < 2*time.Second || held > minutes*6*time.Second {
			t.Errorf("the guest had %v of %d min", held, minutes)
		}
	})
}

// beside runs a device of so many blocks for a minute, alone and beside a guest in its spare time whose
// calls all take 180 ms; steps are when they began.
func beside(t *testing.T, blocks int, period, takes time.Duration, f func(fast *fake, steps []time.Time, alone int)) {
	run := func(search bool) (fast *fake, steps []time.Time) {
		fast = newFake("fast", period, takes)
		fast.blocks = slices.Repeat(fast.blocks, blocks)
		bubble(t, func(s *Scanner) { must(t, s.Add("b", "fast", fast)) }, func(b *bench) {
			ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
			defer cancel()
			g := b.Spare("b", 5)
			for search && ctx.Err() == nil {
				_ = g.Do(ctx, 200*time.Millisecond, func(context.Context) error {
					steps = append(steps, time.Now())
					time.Sleep(180 * time.Millisecond)
					return nil
				})
			}
			<-ctx.Done()
		})
		return fast, steps
	}
	alone, _ := run(false)
	fast, steps := run(true)
	f(fast, steps, len(alone.times()))
}

// Spare time are the gaps that are long enough, and nobody is late.
func TestSpareTimeIsInTheGaps(t *testing.T) {
	beside(t, 1, time.Second, 50*time.Millisecond, func(fast *fake, steps []time.Time, alone int) {
		if n := len(steps); n < 200 { // four in each gap of 950 ms
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

// Where no gap is long enough, or there is none at all, a guest gets its twentieth, and
// the living keep their rate: a full bus is planned to nine tenths.
func TestWithoutSpareTimeAShareIsLeft(t *testing.T) {
	for blocks, keep := range map[int]int{1: 90, 2: 85} { // asked for nine tenths of its time, and for twice that
		beside(t, blocks, 100*time.Millisecond, 90*time.Millisecond, func(fast *fake, steps []time.Time, alone int) {
			if n := len(steps); n < 10 || n > 20 {
				t.Errorf("beside %d blocks: %d steps in a minute", blocks, n)
			}
			if n := len(fast.times()); n < alone*keep/100 {
				t.Errorf("%d polls of %d blocks, alone %d", n, blocks, alone)
			}
		})
	}
}

// Two guests have a share each, and the search beside another master harms nobody.
func TestGuestsHaveAShareEach(t *testing.T) {
	w := &wire{}
	fast := newFake("fast", time.Second, 50*time.Millisecond)
	fast.wire = w
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "fast", fast)) }, func(b *bench) {
		ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
		defer cancel()
		master := greedy(ctx, b.Guest("b", 10), 12, 100*time.Millisecond, w)
		search := greedy(ctx, b.Spare("b", 5), 1, 100*time.Millisecond, w)
		if got := <-master; got < 5*time.Second || got > 6100*time.Millisecond {
			t.Errorf("the master had %v of a minute, its share are 6 s", got)
		}
		if got := <-search; got < 30*time.Second {
			t.Errorf("the search had %v of a minute", got)
		}
		if n := len(fast.times()); n < 59 {
			t.Errorf("%d polls in a minute", n)
		}
	})
	if w.hit {
		t.Error("two talked at once")
	}
}

// A call whose caller was told that it has no turn is never made later: it may be a write.
func TestACallWithoutATurnIsNeverMade(t *testing.T) {
	slow := newFake("slow", time.Hour, 400*time.Millisecond)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "slow", slow)) }, func(b *bench) {
		g := b.Guest("b", 100)
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Millisecond)
		defer cancel()
		made := 0
		call := func(context.Context) error { made++; return nil }
		if err := g.Do(ctx, time.Second, call); !errors.Is(err, ErrNoTurn) {
			t.Errorf("beside a slow poll: %v", err)
		}
		time.Sleep(time.Minute)
		if made != 0 {
			t.Error("it was made all the same")
		}
		if err := g.Do(b.ctx, time.Second, call); err != nil || made != 1 {
			t.Errorf("%v, made %d", err, made)
		}
		if err := g.Do(b.ctx, time.Second, func(context.Context) error { panic("a fault of ours") }); !errors.Is(err, ErrPanic) {
			t.Errorf("a panic: %v", err)
		}
		if err := g.Do(b.ctx, time.Second, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no limit: %v", err)
		}
	})
}

func TestAGuestOfABusThatDoesNotRun(t *testing.T) {
	s := New(&box{}, func() point.Instant { return point.Instant{} }, nil)
	if err := s.Guest("b", 10).Do(t.Context(), time.Second, func(context.Context) error { return nil }); !errors.Is(err, ErrNoTurn) {
		t.Error(err)
	}
}

func TestAGuestThatHangsIsSeen(t *testing.T) {
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "d", newFake("d", time.Second, 0))) }, func(b *bench) {
		end := make(chan struct{})
		go b.Guest("b", 10).Do(b.ctx, time.Second, func(context.Context) error { <-end; return nil })
		time.Sleep(time.Second + hungAfter + time.Second)
		if st := b.States()[0]; !st.Hung {
			t.Errorf("%+v", st)
		}
		close(end)
		time.Sleep(time.Second)
		if st := b.States()[0]; st.Hung {
			t.Errorf("%+v", st)
		}
	})
}
