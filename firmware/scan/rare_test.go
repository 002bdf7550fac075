package scan

import (
	"context"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// rare is a device with a block that is read every five minutes; misses says how
// many of its readings fail.
type rare struct {
	*fake
	misses int
	asked  int
}

func newRare() *rare {
	r := &rare{fake: newFake("d", 2*time.Second, 10*time.Millisecond)}
	r.blocks = append(r.blocks, driver.Block{Name: "rare", Period: 5 * time.Minute, Timeout: 500 * time.Millisecond, Points: []point.Name{"d/rare"}})
	return r
}

func (r *rare) Poll(ctx context.Context, i int, emit driver.Emit) error {
	if r.blocks[i].Name != "rare" {
		return r.fake.Poll(ctx, i, emit)
	}
	r.mu.Lock()
	r.asked++
	fails := r.misses > 0
	r.misses--
	r.mu.Unlock()
	if fails {
		return errSilent
	}
	emit(point.Sample{Point: "d/rare", Value: point.OfReal(1)})
	return nil
}

// A rare block that failed during a short break is read again soon, not only
// when its turn comes; one that never comes is not asked more often for it.
func TestARareBlockIsReadAgainSoonAfterABreak(t *testing.T) {
	for _, x := range []struct {
		misses int
		ok     bool
	}{{2, true}, {1000, false}} {
		r := newRare()
		r.misses = x.misses
		bubble(t, func(s *Scanner) { must(t, s.Add("b", "d", r)) }, func(b *bench) {
			time.Sleep(30 * time.Second)
			if st := b.States()[0]; st.OK != x.ok {
				t.Errorf("%d misses: half a minute later %+v", x.misses, st)
			}
			time.Sleep(20 * time.Minute)
			r.mu.Lock()
			defer r.mu.Unlock()
			if !x.ok && r.asked > 12 {
				t.Errorf("a block that never comes was asked %d times in 20 minutes", r.asked)
			}
		})
	}
}
