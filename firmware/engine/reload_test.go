package engine

import (
	"context"
	"testing"
	"time"

	"watchbox/firmware/point"
)

// reload runs change while the bench turns by hand.
func (b *bench) reload(change func(now point.Instant, p *Parts)) {
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Engine.Reload(context.Background(), change) }()
	for {
		select {
		case <-done:
			return
		default:
			b.Turn()
		}
	}
}

func TestReloadLetsGoOfAnOutputThatNobodyDrivesAnyMore(t *testing.T) {
	b := newBench(t)
	b.Identify("box", "epoch", 1, nil)
	b.Edge(edge(true))
	b.Turn()
	if !b.levels["oc/siren"] {
		t.Fatal("no siren")
	}
	b.reload(func(_ point.Instant, p *Parts) { check(t, p.Plan.Reload(nil, nil)) })
	if b.levels["oc/siren"] {
		t.Error("its annunciator is gone and the siren stays on")
	}
	if err := b.ask(Command{Verb: Execute, Target: "oc/siren"}); err == nil {
		t.Error("a point that does not exist was written")
	}
}

func TestEdgesMayComeWhileTheSiteIsReloaded(t *testing.T) {
	b := newBench(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 200 {
			b.Edge(edge(true))
		}
	}()
	for range 20 {
		b.reload(func(_ point.Instant, p *Parts) { p.Always = map[point.Name]bool{"oc/panic": true} })
	}
	<-ended
}

func TestAFloodDoesNotStopTheTimers(t *testing.T) {
	b := newBench(t)
	b.Edge(edge(true))
	b.Turn()
	calls := 0
	var flood func()
	flood = func() { // each item takes a millisecond and brings the next one
		b.now = b.now.Add(time.Millisecond)
		if calls++; calls < 10_000 {
			b.post(flood)
		}
	}
	b.post(flood)
	b.Turn()
	if calls >= 10_000 {
		t.Fatal("one turn did all of it: no machine got its tick")
	}
	if b.nap() != 0 {
		t.Errorf("work waits and the engine naps %v", b.nap())
	}
}

func TestAnEdgeAfterALostOneStaysBadWhenItIsBad(t *testing.T) {
	q := newInlet()
	q.lossy["oc/panic"] = true
	q.put(item{edge: point.Sample{Point: "oc/panic", Quality: point.BadBecause(point.DeviceFault)}})
	if it, _ := q.takeUrgent(); it.edge.Quality.Usable() {
		t.Errorf("a bad edge became %v", it.edge.Quality)
	}
}
