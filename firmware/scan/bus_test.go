package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

var errSilent = fmt.Errorf("fake: %w", driver.ErrTimeout)

// Eight slaves of 20 ms on one bus, each wanted once a second; some are dead or slow.
func TestTheLivingKeepTheirRate(t *testing.T) {
	const minutes = 10
	for _, c := range []struct {
		name       string
		dead, slow int
		takes      time.Duration
	}{
		{"all well", 0, 0, 0}, {"one dead", 1, 0, 0}, {"three dead", 3, 0, 0},
		{"one slow", 0, 1, 450 * time.Millisecond}, {"three slow", 0, 3, 450 * time.Millisecond},
		{"one dead, two slow", 1, 2, 450 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{}
			var live []*fake
			bubble(t, func(s *Scanner) {
				for i := range 8 {
					f := newFake(fmt.Sprint("d", i), time.Second, 20*time.Millisecond)
					f.wire = w
					switch {
					case i < c.dead:
						f.err = errSilent
					case i < c.dead+c.slow:
						f.takes = c.takes
					default:
						live = append(live, f)
					}
					must(t, s.Add("rs485-1", f.id, f))
				}
			}, func(b *bench) {
				time.Sleep(minutes * time.Minute)
				for _, f := range live {
					if n := b.box.good(point.Join(f.id, "x")); n < minutes*60*9/10 {
						t.Errorf("%s: %d reads in %d min, want 90 %% of %d", f.id, n, minutes, minutes*60)
					}
				}
			})
			if w.hit {
				t.Error("two devices were asked at once on one bus")
			}
		})
	}
}

// A device whose exchange outlasts another's period gets a tenth of the wire.
func TestAVerySlowDeviceDoesNotTakeTheWire(t *testing.T) {
	quick, slow := newFake("quick", 200*time.Millisecond, 10*time.Millisecond), newFake("slow", time.Second, 480*time.Millisecond)
	bubble(t, func(s *Scanner) {
		must(t, s.Add("b", "quick", quick))
		must(t, s.Add("b", "slow", slow))
	}, func(b *bench) {
		time.Sleep(10 * time.Minute)
		if n := len(quick.times()); n < 3000*9/10 {
			t.Errorf("quick: %d of 3000", n)
		}
		if n := len(slow.times()); n < 60 {
			t.Errorf("slow was starved: %d reads in 10 min", n)
		}
	})
}

func TestAnOverfullBusIsSharedEvenly(t *testing.T) {
	var all []*fake
	bubble(t, func(s *Scanner) {
		for i := range 8 {
			f := newFake(fmt.Sprint("d", i), time.Second, 200*time.Millisecond)
			all = append(all, f)
			must(t, s.Add("b", f.id, f))
		}
	}, func(b *bench) {
		time.Sleep(5 * time.Minute)
		for _, f := range all { // the wire carries 1500 in all
			if n := len(f.times()); n < 130 || n > 220 {
				t.Errorf("%s: %d reads, want about 187", f.id, n)
			}
		}
	})
}

func TestDeadDeviceBacksOffToOneProbe(t *testing.T) {
	f := newFake("ups1", time.Second, 10*time.Millisecond)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "ups1", f)) }, func(b *bench) {
		time.Sleep(10*time.Second + 500*time.Millisecond)
		f.set(errSilent)
		start := time.Now()
		time.Sleep(5 * time.Minute)
		var at []time.Duration
		for _, p := range f.times() {
			if !p.Before(start) {
				at = append(at, p.Sub(start).Round(time.Second))
			}
		}
		if len(at) < 6 || at[1]-at[0] > time.Second {
			t.Fatalf("attempts at %v: want the first repeated at once", at)
		}
		gaps := []time.Duration{at[3] - at[2], at[4] - at[3], at[5] - at[4], at[6] - at[5]}
		for i, want := range []time.Duration{10, 20, 40, 60} {
			if d := gaps[i] - want*time.Second; d < -2*time.Second || d > 2*time.Second {
				t.Errorf("gaps between probes %v, want about 10, 20, 40, 60 s", gaps)
			}
		}
		if q := b.box.last("ups1/x").Quality; q != point.BadBecause(point.Timeout) {
			t.Errorf("quality %v", q)
		}
		f.set(nil)
		time.Sleep(time.Minute + time.Second)
		if got := b.box.told(); !slices.Equal(got, []string{"ups1 true", "ups1 false", "ups1 true"}) {
			t.Errorf("told %v", got)
		}
		if st := b.States()[0]; !st.OK || st.Err != nil || st.Failures == 0 || st.Polls <= st.Failures || st.LastGood.IsZero() {
			t.Errorf("state %+v", st)
		}
	})
}

// One lost answer makes no bad point and no trouble.
func TestOneLostAnswerIsRepeatedAtOnce(t *testing.T) {
	f := newFake("ups1", 10*time.Second, 10*time.Millisecond)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "ups1", f)) }, func(b *bench) {
		time.Sleep(5 * time.Second)
		f.set(errSilent)
		for len(f.times()) < 2 {
			time.Sleep(50 * time.Millisecond)
		}
		f.set(nil)
		time.Sleep(2 * time.Second)
		if n := len(f.times()); n != 3 {
			t.Errorf("%d attempts, want the repeat and no more", n)
		}
		if got := b.box.told(); !slices.Equal(got, []string{"ups1 true"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestFixedRateNeitherDriftsNorBursts(t *testing.T) {
	f := newFake("a", time.Second, 130*time.Millisecond)
	hog := newFake("hog", time.Hour, 0)
	hog.blocks[0].Timeout = time.Minute
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "a", f)) }, func(b *bench) {
		time.Sleep(100*time.Second + 500*time.Millisecond)
		at := f.times()
		phase := at[1].Sub(at[0]) % time.Second
		for i := 2; i < len(at); i++ {
			if d := at[i].Sub(at[i-1]); d != time.Second {
				t.Fatalf("attempt %d came after %v (phase %v)", i, d, phase)
			}
		}
		hog.takes = 5500 * time.Millisecond
		must(t, b.Add("b", "hog", hog))
		time.Sleep(20 * time.Second)
		late := f.times()[len(at):]
		for i := 1; i < len(late); i++ {
			if d := late[i].Sub(late[i-1]); d < 100*time.Millisecond {
				t.Errorf("burst after a stall: %v apart", d)
			}
		}
		last := late[len(late)-1].Sub(at[1])
		if last%time.Second != 0 {
			t.Errorf("the phase moved by %v", last%time.Second)
		}
	})
}

func TestWriteOvertakesReads(t *testing.T) {
	relay := obedient{newFake("relay", time.Second, 20*time.Millisecond)}
	bubble(t, func(s *Scanner) {
		must(t, s.Add("b", "relay", relay))
		for i := range 7 { // a bus without a free moment
			f := newFake(fmt.Sprint("d", i), 100*time.Millisecond, 150*time.Millisecond)
			must(t, s.Add("b", f.id, f))
		}
	}, func(b *bench) {
		for range 50 {
			time.Sleep(777 * time.Millisecond)
			began := time.Now()
			if err := b.Write(b.ctx, "relay/x", point.OfBool(true)); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(began); d > 170*time.Millisecond {
				t.Errorf("write took %v: it waits for one exchange at most", d)
			}
		}
		if len(relay.wrote) != 50 || relay.wrote[0] != "x=true" {
			t.Errorf("wrote %d, first %v", len(relay.wrote), relay.wrote[:1])
		}
	})
}

func TestWriteBeforeRunWaitsForIt(t *testing.T) {
	relay := obedient{newFake("relay", time.Hour, 0)}
	ended := make(chan error, 1)
	bubble(t, func(s *Scanner) {
		must(t, s.Add("", "relay", relay))
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Write(short, "relay/x", point.OfBool(true)); !errors.Is(err, driver.ErrDisconnect) {
			t.Errorf("nobody runs it: %v", err)
		}
		go func() { ended <- s.Write(context.Background(), "relay/x", point.OfBool(true)) }()
		synctest.Wait()
		time.Sleep(writePatience / 2)
	}, func(b *bench) {
		time.Sleep(time.Second)
		must(t, <-ended)
		if len(relay.wrote) != 1 {
			t.Errorf("wrote %v", relay.wrote)
		}
	})
}

func TestWriteFailsWithItsReason(t *testing.T) {
	relay := obedient{newFake("relay", time.Hour, 0)}
	stuck := newFake("stuck", time.Hour, time.Hour)
	stuck.blocks[0].Timeout = time.Hour
	bubble(t, func(s *Scanner) {
		must(t, s.Add("b", "relay", relay))
		must(t, s.Add("slow", "stuck", obedient{stuck}))
	}, func(b *bench) {
		time.Sleep(time.Second)
		if err := b.Write(b.ctx, "nobody/x", point.OfBool(true)); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("unknown point: %v", err)
		}
		for i := range writeLimit {
			go b.Write(b.ctx, "stuck/x", point.OfInt(int64(i)))
		}
		synctest.Wait()
		if err := b.Write(b.ctx, "stuck/x", point.OfBool(true)); !errors.Is(err, driver.ErrRefused) || !strings.Contains(err.Error(), "64 orders") {
			t.Errorf("full queue: %v", err)
		}
		if got := b.States(); got[0].Hung || got[1].Hung {
			t.Errorf("hung before its deadline: %+v", got)
		}
	})
}

// TestAnOrderWhoseTimeIsUp: what became of one that the driver has is the driver's to
// say; nobody knows it of one that hangs there; one that waits was not given.
func TestAnOrderWhoseTimeIsUp(t *testing.T) {
	late := prompt{obedient{newFake("late", time.Hour, 0)}, 30 * time.Second}
	busy := newFake("busy", 10*time.Second, 5*time.Second)
	busy.blocks[0].Timeout = 6 * time.Second
	bubble(t, func(s *Scanner) {
		must(t, s.Add("", "late", late))
		must(t, s.Add("b", "busy", obedient{busy}))
	}, func(b *bench) {
		within := func(name point.Name, d time.Duration) error {
			ctx, cancel := context.WithTimeout(b.ctx, d)
			defer cancel()
			return b.Write(ctx, name, point.OfBool(true))
		}
		if err := within("late/x", 5*time.Millisecond); !errors.Is(err, driver.ErrTimeout) || !strings.Contains(err.Error(), "fake late") {
			t.Errorf("the driver's own word: %v", err)
		}
		if err := within("late/hung", time.Second); !errors.Is(err, driver.ErrUnsure) {
			t.Errorf("it hangs in the driver: %v", err)
		}
		if err := within("busy/x", time.Second); !errors.Is(err, driver.ErrTimeout) || !strings.Contains(err.Error(), "waited for b") {
			t.Errorf("it waits for its turn: %v", err)
		}
		time.Sleep(time.Minute)
		if len(busy.wrote) > 0 {
			t.Errorf("given after its time: %v", busy.wrote)
		}
	})
}

// TestAnUnsureOrderIsReadBackAtOnce: what was read decides.
func TestAnUnsureOrderIsReadBackAtOnce(t *testing.T) {
	ac := obedient{newFake("ac", time.Hour, 0)}
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "ac", ac)) }, func(b *bench) {
		time.Sleep(time.Minute)
		before := len(ac.times())
		ac.set(driver.Fail(driver.ErrUnsure, "silence"))
		if err := b.Write(b.ctx, "ac/x", point.OfBool(true)); !errors.Is(err, driver.ErrUnsure) || len(ac.wrote) != 1 {
			t.Errorf("%v, %v", err, ac.wrote)
		}
		time.Sleep(time.Second)
		if len(ac.times()) == before {
			t.Error("not read since")
		}
	})
}

func TestDriverThatPanicsIsLeftAloneForAMinute(t *testing.T) {
	f, other := newFake("bad", time.Second, 0), newFake("other", time.Second, 0)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "bad", f)); must(t, s.Add("b", "other", other)) }, func(b *bench) {
		time.Sleep(5*time.Second + 500*time.Millisecond)
		f.mu.Lock()
		f.bang = true
		f.mu.Unlock()
		time.Sleep(time.Second)
		n := len(f.times())
		if q := b.box.last("bad/x").Quality; q != point.BadBecause(point.CommFailure) {
			t.Errorf("quality %v", q)
		}
		if e := b.States()[0].Err; e == nil || !strings.Contains(e.Error(), "driver panicked: index out of range") {
			t.Errorf("error %q", e)
		}
		f.mu.Lock()
		f.bang = false
		f.mu.Unlock()
		time.Sleep(58 * time.Second)
		if len(f.times()) != n {
			t.Error("asked within the minute")
		}
		time.Sleep(3 * time.Second)
		if st := b.States()[0]; !st.OK {
			t.Errorf("not well again: %+v", st)
		}
		if n := len(other.times()); n < 60 {
			t.Errorf("the other one was asked %d times only", n)
		}
	})
}

func TestABlockThatIsRefusedDoesNotKillTheDevice(t *testing.T) {
	f := newFake("d", time.Second, 0)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "d", f)) }, func(b *bench) {
		time.Sleep(2*time.Second + 500*time.Millisecond)
		f.set(fmt.Errorf("fake: %w", driver.ErrNotPresent))
		time.Sleep(5 * time.Minute)
		if q := b.box.last("d/x").Quality; q != point.BadBecause(point.NotPresent) {
			t.Errorf("quality %v", q)
		}
		if got := b.box.told(); !slices.Equal(got, []string{"d true"}) {
			t.Errorf("told %v: an absent item is no trouble of the device", got)
		}
		if n := len(f.times()); n > 20 {
			t.Errorf("asked %d times for what is not there", n)
		}
	})
}

// When the wire comes back all devices that it took with it are tried at once.
func TestReturnOfALostWireRevivesAll(t *testing.T) {
	var all []*fake
	bubble(t, func(s *Scanner) {
		for i := range 5 {
			f := newFake(fmt.Sprint("d", i), time.Second, 10*time.Millisecond)
			all = append(all, f)
			must(t, s.Add("b", f.id, f))
		}
	}, func(b *bench) {
		time.Sleep(5 * time.Second)
		for _, f := range all {
			f.set(fmt.Errorf("fake: %w", driver.ErrDisconnect))
		}
		time.Sleep(5 * time.Minute)
		for _, f := range all {
			f.set(nil)
		}
		time.Sleep(11 * time.Second)
		for _, st := range b.States() {
			if !st.OK {
				t.Errorf("%+v", st)
			}
		}
	})
}

// A device whose first two answers after the wire came back are lost is asked again soon.
func TestAnswersLostAsTheWireReturnsAreRepeated(t *testing.T) {
	first, second := newFake("d0", time.Second, 10*time.Millisecond), newFake("d1", time.Second, 10*time.Millisecond)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "d0", first)); must(t, s.Add("b", "d1", second)) }, func(b *bench) {
		time.Sleep(5 * time.Second)
		first.set(fmt.Errorf("fake: %w", driver.ErrDisconnect))
		second.set(fmt.Errorf("fake: %w", driver.ErrDisconnect))
		time.Sleep(5 * time.Minute)
		second.set(errSilent)
		asked := len(second.times())
		first.set(nil)
		for len(second.times()) < asked+2 {
			time.Sleep(100 * time.Millisecond)
		}
		second.set(nil)
		time.Sleep(4 * time.Second)
		for _, st := range b.States() {
			if !st.OK {
				t.Errorf("%+v", st)
			}
		}
	})
}

func TestFailuresAreLoggedThinly(t *testing.T) {
	f := newFake("d", time.Second, 0)
	bubble(t, func(s *Scanner) { must(t, s.Add("b", "d", f)) }, func(b *bench) {
		f.set(errSilent)
		time.Sleep(12 * time.Hour) // some 720 probes
		f.set(nil)
		time.Sleep(2 * time.Minute)
		if l := b.box.logged(); len(l) != 4 || !strings.Contains(l[3], "well again after 7") {
			t.Errorf("log: %q", l)
		}
	})
}

// deaf is a driver that does not keep its deadline.
type deaf struct{ *fake }

func (d deaf) Poll(context.Context, int, driver.Emit) error {
	time.Sleep(10 * time.Minute)
	return errSilent
}

func TestADriverThatIgnoresItsDeadlineIsNamed(t *testing.T) {
	d := deaf{newFake("deaf", time.Second, 0)}
	bubble(t, func(s *Scanner) { must(t, s.Add("rs485-1", "deaf", d)) }, func(b *bench) {
		hung := func() bool { return b.States()[0].Hung }
		limit := d.blocks[0].Timeout
		if time.Sleep(limit + hungAfter - 100*time.Millisecond); hung() {
			t.Error("called hung although it may only be slow")
		}
		if time.Sleep(time.Second); !hung() {
			t.Error("nobody says that it hangs")
		}
		if time.Sleep(10*time.Minute - limit - hungAfter - 500*time.Millisecond); hung() {
			t.Error("it came back and is called hung")
		}
	})
}

// prompt is a fake whose writes wait for nothing, but for a chip that hangs.
type prompt struct {
	obedient
	hangs time.Duration // a write of "hung"
}

func (prompt) Prompt() {}

func (p prompt) Write(ctx context.Context, item string, v point.Value) error {
	if item == "hung" {
		time.Sleep(p.hangs) // in the kernel: no context ends it
	}
	return p.obedient.Write(ctx, item, v)
}

// The siren hangs on the same device as a chip whose reading or writing hangs.
func TestAPromptWriteWaitsForNobody(t *testing.T) {
	siren := prompt{obedient{newFake("box", time.Second, 400*time.Millisecond)}, time.Minute}
	bubble(t, func(s *Scanner) { must(t, s.Add("", "box", siren)) }, func(b *bench) {
		go func() { _ = b.Write(b.ctx, "box/hung", point.OfBool(true)) }()
		for range 50 {
			time.Sleep(333 * time.Millisecond)
			began := time.Now()
			must(t, b.Write(b.ctx, "box/siren", point.OfBool(true)))
			if d := time.Since(began); d != 10*time.Millisecond {
				t.Errorf("the siren waited %v", d)
			}
		}
		if n := len(siren.times()); n < 15 {
			t.Errorf("read %d times only", n)
		}
		removed := make(chan error, 1)
		began := time.Now()
		go func() { removed <- b.Remove("box") }()
		must(t, <-removed)
		if d := time.Since(began); d < 30*time.Second || siren.closed != 1 {
			t.Errorf("closed after %v with a write inside", d)
		}
	})
}
