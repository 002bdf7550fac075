package scan

import (
	"context"
	"errors"
	"fmt"
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
		if err := g.Do(b.ctx, time.Second, func(context.Context) error { panic("a fault of ours") }); !errors.Is(err, errPanic) {
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
