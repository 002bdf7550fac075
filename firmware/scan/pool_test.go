package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

func TestPoolSpreadsTheStartAndKeepsTheRate(t *testing.T) {
	var all []*fake
	began := time.Time{}
	bubble(t, func(s *Scanner) {
		for i := range 300 {
			f := newFake(fmt.Sprint("d", i), time.Minute, 100*time.Millisecond)
			all = append(all, f)
			must(t, s.AddPooled(f.id, f))
		}
	}, func(b *bench) {
		began = time.Now()
		time.Sleep(10 * time.Minute)
		first, later := map[int]int{}, map[int]int{}
		for _, f := range all {
			at := f.times()
			if len(at) < 10 || len(at) > 11 {
				t.Fatalf("%s: %d polls in 10 min", f.id, len(at))
			}
			first[int(at[0].Sub(began)/(100*time.Millisecond))]++
			later[int(at[5].Sub(began)%time.Minute/time.Second)]++
			if gap := at[1].Sub(at[0]); gap < 25*time.Second || gap > 95*time.Second {
				t.Errorf("%s: second poll after %v", f.id, gap)
			}
		}
		for slot, n := range first {
			if n > 10 {
				t.Errorf("%d devices start in slot %d", n, slot)
			}
		}
		for second, n := range later {
			if n > 9 {
				t.Errorf("%d devices share second %d of the minute", n, second)
			}
		}
	})
}

func TestPoolAsksAThousandAtOnceAndEachOnce(t *testing.T) {
	var all []*fake
	bubble(t, func(s *Scanner) {
		for i := range 1000 {
			f := newFake(fmt.Sprint("d", i), time.Second, 0)
			f.blocks[0].Timeout = 30 * time.Second
			f.err = errSilent
			all = append(all, f)
			must(t, s.AddPooled(f.id, f))
		}
	}, func(b *bench) {
		time.Sleep(6 * time.Second)
		synctest.Wait()
		inside := 0
		for _, f := range all {
			f.mu.Lock()
			inside += f.inside
			f.mu.Unlock()
		}
		if inside != 1000 {
			t.Errorf("%d requests outstanding, want 1000: one each", inside)
		}
	})
}

func TestADeadPooledDeviceDisturbsNobody(t *testing.T) {
	dead, well := newFake("dead", time.Second, 0), newFake("well", time.Second, 0)
	dead.err = errSilent
	bubble(t, func(s *Scanner) { must(t, s.AddPooled("dead", dead)); must(t, s.AddPooled("well", obedient{well})) }, func(b *bench) {
		time.Sleep(time.Minute)
		if n := len(well.times()); n < 59 {
			t.Errorf("%d polls", n)
		}
		must(t, b.Write(b.ctx, "well/x", point.OfInt(1)))
		if n := len(dead.times()); n > 7 {
			t.Errorf("the dead one was asked %d times", n)
		}
	})
}

// listener is a watcher whose wire can be cut.
type listener struct {
	mu     sync.Mutex
	starts []time.Time
	cut    chan error
	bang   bool
}

// began lists when Watch was called.
func (l *listener) began() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.starts)
}

func (l *listener) Describe() []point.Point {
	return []point.Point{{Name: "door1/contact", Kind: point.Bool, Urgent: true}}
}
func (l *listener) Close() error { return nil }
func (l *listener) Watch(ctx context.Context, emit driver.Emit) error {
	l.mu.Lock()
	l.starts = append(l.starts, time.Now())
	bang := l.bang
	l.bang = false
	l.mu.Unlock()
	if bang {
		panic("nil map")
	}
	emit(point.Sample{Point: "door1/contact", Value: point.OfBool(false)})
	select {
	case err := <-l.cut:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestWatcherIsRestarted(t *testing.T) {
	l := &listener{cut: make(chan error)}
	synctestChan(t, l, func(b *bench) {
		if e := b.box.heard(); len(e) != 1 || e[0].At.Mono == 0 {
			t.Fatalf("edges %+v: want one, stamped", e)
		}
		for range 6 {
			l.cut <- fmt.Errorf("reader: %w", driver.ErrDisconnect)
			synctest.Wait()
			if e := b.box.heard(); e[len(e)-1].Quality != point.BadBecause(point.CommFailure) {
				t.Errorf("edges %v", e)
			}
			if b.States()[0].OK {
				t.Error("said to be well")
			}
			time.Sleep(31 * time.Second)
		}
		var gaps []time.Duration
		starts := l.began()
		for i := 1; i < len(starts); i++ {
			gaps = append(gaps, starts[i].Sub(starts[i-1]).Round(time.Second))
		}
		if gaps[0] != time.Second || len(gaps) != 6 {
			t.Errorf("restarts after %v", gaps)
		}
		if !b.States()[0].OK {
			t.Error("not well again")
		}
	})
}

func TestWatcherBacksOffTo30Seconds(t *testing.T) {
	l := &listener{cut: make(chan error, 100)}
	synctestChan(t, l, func(b *bench) {
		for range 8 {
			l.cut <- errors.New("short circuit")
		}
		time.Sleep(3 * time.Minute)
		starts := l.began()
		if n := len(starts); n != 9 {
			t.Fatalf("%d starts", n)
		}
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			if d := starts[i+1].Sub(starts[i]); d != want*time.Second {
				t.Errorf("restart %d after %v, want %d s", i+1, d, want)
			}
		}
		if got := b.box.told(); !slices.Equal(got[len(got)-2:], []string{"door false", "door true"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestWatcherThatPanicsRestsAMinute(t *testing.T) {
	l := &listener{cut: make(chan error), bang: true}
	synctestChan(t, l, func(b *bench) {
		time.Sleep(59 * time.Second)
		if n := len(l.began()); n != 1 {
			t.Errorf("started %d times", n)
		}
		time.Sleep(3 * time.Second)
		if n := len(l.began()); n != 2 || !b.States()[0].OK {
			t.Errorf("started %d times, %+v", n, b.States())
		}
	})
}

// synctestChan runs a bubble in which the listener's channel was made.
func synctestChan(t *testing.T, l *listener, f func(*bench)) {
	bubble(t, func(s *Scanner) {
		l.cut = make(chan error, cap(l.cut))
		must(t, s.Add("", "door", l))
	}, f)
}

func TestReloadKeepsTheOthersSchedule(t *testing.T) {
	a, gone := newFake("a", time.Second, 20*time.Millisecond), newFake("gone", time.Second, 20*time.Millisecond)
	p := newFake("p", time.Minute, 0)
	fresh := newFake("fresh", time.Second, 20*time.Millisecond)
	bubble(t, func(s *Scanner) {
		must(t, s.Add("b", "a", a))
		must(t, s.Add("b", "gone", gone))
		must(t, s.AddPooled("p", p))
	}, func(b *bench) {
		time.Sleep(30*time.Second + 500*time.Millisecond)
		must(t, b.Remove("gone"))
		if gone.closed != 1 {
			t.Errorf("closed %d times", gone.closed)
		}
		n := len(gone.times())
		must(t, b.Add("b", "fresh", fresh))
		if err := b.Add("b", "a", a); err == nil {
			t.Error("the same name was taken twice")
		}
		must(t, b.Add("", "own", newFake("own", time.Second, 0)))
		must(t, b.Remove("own"))
		must(t, b.Add("", "own", newFake("own", time.Second, 0)))
		if b.Remove("nobody") == nil {
			t.Error("removed nobody")
		}
		time.Sleep(30 * time.Second)
		if len(gone.times()) != n {
			t.Error("asked after it was removed")
		}
		if k := len(fresh.times()); k < 29 {
			t.Errorf("fresh: %d polls", k)
		}
		at := a.times()
		for i := 2; i < len(at); i++ {
			if d := at[i].Sub(at[i-1]); d < 950*time.Millisecond || d > 1050*time.Millisecond {
				t.Errorf("a: poll %d after %v", i, d)
			}
		}
	})
	if a.closed != 1 || fresh.closed != 1 || p.closed != 1 {
		t.Error("not every device was closed at the end")
	}
}

// The bubble itself fails when a goroutine is left; here calls are under way.
func TestShutdownInTheMiddleOfEverything(t *testing.T) {
	stuck := newFake("stuck", time.Second, time.Hour)
	stuck.blocks[0].Timeout = time.Hour
	bubble(t, func(s *Scanner) {
		must(t, s.Add("b", "stuck", obedient{stuck}))
		must(t, s.AddPooled("q", newFake("q", time.Second, 400*time.Millisecond)))
		must(t, s.Add("", "door", &listener{}))
	}, func(b *bench) {
		time.Sleep(5 * time.Second)
		got := make(chan error, 1)
		go func() { got <- b.Write(context.Background(), "stuck/x", point.OfInt(1)) }()
		synctest.Wait()
		b.stop()
		if err := <-got; err == nil {
			t.Error("a write that never ran was said to have worked")
		}
		if err := b.Add("b", "late", newFake("late", time.Second, 0)); err == nil {
			synctest.Wait()
			if b.Add("b", "later", newFake("later", time.Second, 0)) == nil {
				t.Error("added to a stopped scanner")
			}
		}
	})
}

// wall is a device that is only written to.
type wall struct{ err error }

func (w *wall) Describe() []point.Point { return []point.Point{{Name: "wall/frame"}} }
func (w *wall) Close() error            { return nil }
func (w *wall) Write(ctx context.Context, item string, v point.Value) error {
	return w.err
}

func TestAWriteOnlyDeviceIsJudgedByItsWrites(t *testing.T) {
	w := &wall{}
	bubble(t, func(s *Scanner) { must(t, s.Add("", "wall", w)) }, func(b *bench) {
		if !b.States()[0].OK {
			t.Error("in trouble before it was used")
		}
		w.err = fmt.Errorf("wall: %w", driver.ErrDisconnect)
		if err := b.Write(b.ctx, "wall/frame", point.OfText("red")); !errors.Is(err, driver.ErrDisconnect) {
			t.Errorf("write: %v", err)
		}
		w.err = nil
		must(t, b.Write(b.ctx, "wall/frame", point.OfText("red")))
		synctest.Wait()
		if got := b.box.told(); !slices.Equal(got, []string{"wall false", "wall true"}) {
			t.Errorf("told %v", got)
		}
	})
}
