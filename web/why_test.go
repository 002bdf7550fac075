package web

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"watchbox/firmware/event"
	"watchbox/web/webtest"
)

// busyBox counts how many moments of the past it replays at once.
type busyBox struct {
	*webtest.Box
	now, most atomic.Int32
}

func (b *busyBox) Explain(ctx context.Context, key string, at time.Time) (event.Decision, error) {
	if n := b.now.Add(1); n > b.most.Load() {
		b.most.Store(n)
	}
	defer b.now.Add(-1)
	time.Sleep(20 * time.Millisecond)
	return b.Box.Explain(ctx, key, at)
}

// TestThePastIsReplayedOnceAtATime: many who ask for the past must not take the
// processor from the guard.
func TestThePastIsReplayedOnceAtATime(t *testing.T) {
	b := newBench(t)
	busy := &busyBox{Box: b.box}
	s := New(busy, Options{Version: "test", Now: webtest.Now, Log: t.Logf})
	t.Cleanup(s.Close)
	b.http = s.Handler()
	session := b.box.People().Session("viewer")
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if w := b.ask(session, "GET", base+"why?key=zone%2Fpanic&at=2026-11-24T03:12:00Z", ""); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	if all.Wait(); busy.most.Load() != 1 {
		t.Errorf("%d replays at once", busy.most.Load())
	}
}
