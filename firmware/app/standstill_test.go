package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
	"watchbox/firmware/update"
)

func TestLadderOfRemedies(t *testing.T) {
	at := func(boot string, hours float64) point.Instant {
		return point.Instant{Boot: boot, Mono: time.Duration(hours * float64(time.Hour)), Wall: time.Now().AddDate(int(hours), 0, 0)}
	}
	never := point.Instant{}
	for name, c := range map[string]struct {
		past remedies
		now  point.Instant
		want remedy
	}{
		"nothing was done yet":                  {remedies{never, never}, at("b", 0), restartProcess},
		"the kernel does not name this life":    {remedies{never, never}, at("", 30), stayUp},
		"restarted a moment ago":                {remedies{at("b", 30), never}, at("b", 30.1), resetBox},
		"both in an earlier boot":               {remedies{at("a", 90), at("a", 90)}, at("b", 0.1), stayUp},
		"both, the box has run 23 h since":      {remedies{at("a", 90), at("a", 90)}, at("b", 23.9), stayUp},
		"both, the box has run a day since":     {remedies{at("a", 90), at("a", 90)}, at("b", 24), restartProcess},
		"a day since, and restarted":            {remedies{at("b", 24), at("a", 90)}, at("b", 24.1), resetBox},
		"a day since, both once more":           {remedies{at("b", 24), at("b", 24)}, at("b", 47.9), stayUp},
		"only the restart, of an earlier boot":  {remedies{at("a", 9), never}, at("b", 1), resetBox},
		"the ledger cannot be read":             {remedies{at("b", 0), at("b", 0)}, at("b", 23), stayUp},
		"nor could it be, and the box ran long": {remedies{at("b", 0), at("b", 0)}, at("b", 25), restartProcess},
	} {
		if got := c.past.next(c.now); got != c.want {
			t.Errorf("%s: remedy %d, want %d", name, got, c.want)
		}
	}
}

// book is a ledger in memory that outlives the lives of the house.
type book struct {
	mutex          sync.Mutex
	restart, reset point.Instant
	fails          error
	hangs          bool
	notes          int
}

func (b *book) Remedies() (restart, reset point.Instant, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.restart, b.reset, b.fails
}
func (b *book) NoteRestart(at point.Instant) error { return b.note(&b.restart, at) }
func (b *book) NoteReset(at point.Instant) error   { return b.note(&b.reset, at) }
func (b *book) TakeBack(restart, reset point.Instant) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.fails == nil {
		b.restart, b.reset = restart, reset
	}
	return b.fails
}
func (b *book) noted() int { b.mutex.Lock(); defer b.mutex.Unlock(); return b.notes }
func (b *book) note(which *point.Instant, at point.Instant) error {
	b.mutex.Lock()
	b.notes++
	b.mutex.Unlock()
	if b.hangs {
		time.Sleep(time.Hour)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.fails == nil {
		*which = at
	}
	return b.fails
}

// ailing is a house with somebody who starts program and box again, and counts.
type ailing struct {
	*house
	book             book
	restarts, resets int
	asked            chan string
}

func (h *house) cared() *ailing {
	p := &ailing{house: h, asked: make(chan string, 8)}
	h.extra = func(o *Options) {
		o.Ledger = &p.book
		o.Again = func(string) { p.asked <- "restart" }
		o.Restart = func(string) { p.asked <- "reset" }
		o.open = func(string, store.Options) (*store.Store, store.OpenReport, error) {
			return nil, store.OpenReport{}, errors.New("input/output error")
		}
	}
	return p
}

// live passes time and does what the box asks for, as init does.
func (p *ailing) live(d time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case what := <-p.asked:
			p.end()
			if what == "reset" {
				p.resets++
				p.boot, p.began, p.uptime = fmt.Sprintf("after reset %d", p.resets), time.Now(), 30*time.Second
			} else {
				p.restarts++
			}
			p.start()
		case <-time.After(time.Until(end)):
		}
	}
}

func (p *ailing) want(restarts, resets int, degraded bool) {
	p.t.Helper()
	if p.restarts != restarts || p.resets != resets {
		p.t.Errorf("%d restarts and %d resets, want %d and %d", p.restarts, p.resets, restarts, resets)
	}
	p.house.want(troubleStandstill, degraded)
}

// A day of permanent failure of the disk: one restart, one reset, and the box
// guards on. The next day may try once more.
func TestADayOfStandstill(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.start()
		defer func() { h.end() }()
		h.want(troubleJournal, true)
		p.live(50 * time.Second)
		p.want(0, 0, false) // a card that tidies up is given its time
		p.live(30 * time.Second)
		p.want(1, 0, false)
		p.live(time.Minute)
		p.want(1, 1, false)
		p.live(2 * time.Minute)
		p.want(1, 1, true)
		h.terminal.edges <- true
		if h.pass(time.Second); !h.armed || !h.sounds() || len(h.messages()) == 0 {
			t.Error("the degraded box does not guard")
		}
		p.calm()
		p.live(23*time.Hour + 50*time.Minute)
		p.want(1, 1, true)
		p.live(10 * time.Minute) // the day is over
		p.want(2, 2, true)
		p.live(2 * time.Hour)
		p.want(2, 2, true)
	})
}

// calm ends the panic alarm.
func (p *ailing) calm() {
	p.t.Helper()
	p.terminal.edges <- false
	p.pass(time.Second)
	for _, v := range []engine.Verb{engine.Acknowledge, engine.Reset} {
		if err := p.Do(context.Background(), engine.Command{Verb: v, Target: "zone/panic", Actor: "li"}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.pass(time.Minute)
}

func TestWhatIsNotCountedIsNotDone(t *testing.T) {
	for name, spoil := range map[string]func(*ailing){
		"the ledger fails": func(p *ailing) { p.book.fails = errors.New("input/output error") },
		"the ledger hangs": func(p *ailing) { p.book.hangs = true },
		"nobody to be asked": func(p *ailing) {
			cared := p.extra
			p.extra = func(o *Options) { cared(o); o.Ledger = nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				p := h.cared()
				spoil(p)
				h.start()
				defer func() { h.end(); h.pass(2 * time.Hour) }()
				p.live(2 * time.Hour)
				p.want(0, 0, true)
				if n := p.book.noted(); n > 1 {
					t.Errorf("a medium that took no note was asked %d times", n)
				}
				for _, a := range h.View().Alarms {
					if alone := strings.Contains(a.ValueText.En, "by hand"); a.Key == troubleStandstill && alone != (name == "nobody to be asked") {
						t.Errorf("it says %q", a.ValueText.En)
					}
				}
			})
		})
	}
}

func TestTheRemedyWaitsForAQuietMoment(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.start()
		defer func() { h.end() }()
		h.terminal.edges <- true
		p.live(time.Hour)
		p.want(0, 0, false)
		p.calm()
		p.live(10 * time.Second)
		p.want(1, 0, false)
	})
}

// The log stands on the console, before whoever is in the room.
func TestTheLogDoesNotNameTheAlarmThatARemedyWaitsFor(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.start()
		defer func() { h.end() }()
		h.terminal.edges <- true
		p.pass(time.Second)
		for _, v := range []engine.Verb{engine.Acknowledge, engine.Silence} {
			if err := h.Do(context.Background(), engine.Command{Verb: v, Target: "zone/panic", Actor: "li"}); err != nil {
				t.Fatal(err)
			}
		}
		p.pass(time.Second)
		if why := h.unquiet(); why == "" || strings.Contains(why, "panic") || h.sounds() {
			t.Errorf("the remedy waits for %q", why)
		}
	})
}

// Without a store a restart would forget that the partition is armed.
func TestNoRemedyWhileSomethingIsArmed(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.write(strings.NewReplacer("\nalarms:", "\n  - {id: door, input: oc/fan, type: entry, partition: main, room: oc}\npartitions:\n  - {id: main}\nalarms:").Replace(siteFile))
		h.start()
		defer func() { h.end() }()
		h.engine.Edge(point.Sample{Point: "oc/fan", Value: point.OfBool(false)})
		for _, step := range []struct {
			do       engine.Verb
			restarts int
		}{{engine.Arm, 0}, {engine.Disarm, 1}} {
			if err := h.Do(context.Background(), engine.Command{Verb: step.do, Target: "main", Actor: "li"}); err != nil {
				t.Fatal(err)
			}
			p.live(65 * time.Second)
			p.want(step.restarts, 0, false)
		}
	})
}

func TestAProcessThatTheKernelHoldsIsNotRestarted(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		cared := h.extra
		h.extra = func(o *Options) { cared(o); o.Held = func(context.Context) bool { return true } }
		h.start()
		defer func() { h.end() }()
		p.live(5 * time.Minute)
		p.want(0, 1, true)
	})
}

func TestAFullDiskIsNotHelpedByARestart(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		cared := h.extra
		h.extra = func(o *Options) {
			cared(o)
			o.open = func(string, store.Options) (*store.Store, store.OpenReport, error) {
				return nil, store.OpenReport{}, fmt.Errorf("open: %w", store.ErrFull)
			}
		}
		h.start()
		defer func() { h.end() }()
		h.want(troubleJournal, true)
		p.live(time.Hour)
		p.want(0, 0, false)
	})
}

// deaf is a meter of which no call comes back before then.
type deaf struct {
	meter
	until time.Time
}

func (d deaf) Poll(ctx context.Context, block int, emit driver.Emit) error {
	time.Sleep(time.Until(d.until))
	return d.meter.Poll(ctx, block, emit)
}

func TestAHungBus(t *testing.T) {
	for bus, key := range map[string]string{"rs485-1": busKey("rs485-1"), "": deviceKey("meter")} {
		inHouse(t, func(h *house) {
			p := h.cared()
			cared := h.extra
			h.extra = func(o *Options) { cared(o); o.open = nil }
			if bus != "" {
				h.write(strings.NewReplacer("\ndevices:", "\nbuses:\n  - {id: rs485-1, terminal: RS485-1}\ndevices:", "driver: self, room", "driver: self, bus: rs485-1, room").Replace(siteFile))
			}
			h.gauge = deaf{until: time.Now().Add(3 * time.Hour)}
			h.start()
			defer func() { h.end() }()
			h.pass(4 * time.Second)
			h.want(key, true)
			p.live(5 * time.Minute)
			p.want(1, 1, true)
			if r := h.record(event.BoxRemedy, ""); !strings.Contains(r.Text.Zh, cmp.Or(bus, "meter")) {
				t.Errorf("the journal says %q", r.Text.Zh)
			}
			p.live(3 * time.Hour) // it comes back
			p.want(1, 1, false)
			h.want(key, false)
		})
	}
}

// Whoever presses the button in the last moment finds a box that rings and knows why.
func TestARemedyIsPutOffInTheLastMoment(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.start()
		defer func() { h.end() }()
		for p.book.noted() == 0 {
			p.live(100 * time.Millisecond)
		}
		h.terminal.edges <- true
		p.live(time.Hour)
		p.want(0, 0, false)
		if restart, reset, _ := p.book.Remedies(); restart != (point.Instant{}) || reset != restart {
			t.Errorf("the ledger has a remedy of %v and %v that was not used", restart, reset)
		}
		if r := h.record(event.BoxRemedy, ""); !strings.Contains(r.Text.En, "put off") {
			t.Errorf("the journal says %q", r.Text.En)
		}
		p.calm()
		p.live(10 * time.Second)
		p.want(1, 0, false)
	})
}

// One that cannot be taken back counts as used: no second note goes to that medium.
func TestANoteThatCannotBeTakenBackIsARemedyUsed(t *testing.T) {
	inHouse(t, func(h *house) {
		p := h.cared()
		h.start()
		defer func() { h.end() }()
		for p.book.noted() == 0 {
			p.live(100 * time.Millisecond)
		}
		p.book.mutex.Lock()
		p.book.fails = errors.New("input/output error")
		p.book.mutex.Unlock()
		h.terminal.edges <- true
		p.live(time.Minute)
		p.calm()
		p.live(time.Hour)
		p.want(0, 0, true)
	})
}

// hungSlots take a bundle and never say that they have it.
type hungSlots struct {
	slots
	hangs chan struct{}
}

func (s *hungSlots) Fill(ctx context.Context, slot string, write func(io.Writer) error) error {
	err := s.slots.Fill(ctx, slot, write)
	<-s.hangs
	return err
}

// The remedy waits for a bundle that is written, but not for a disk that hangs over it.
func TestTheRemedyWaitsForABundleAWhile(t *testing.T) {
	inHouse(t, func(h *house) {
		p, hung := h.cared(), &hungSlots{slots{running: "A", boot: update.Boot{Order: []string{"A", "B"}, Left: map[string]int{"A": 3}}}, make(chan struct{})}
		f := flat{house: h, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, 32))}
		cared := h.extra
		h.extra = func(o *Options) {
			cared(o)
			o.Updates = update.NewKeeper(hung, update.Trust{Keys: []ed25519.PublicKey{f.key.Public().(ed25519.PublicKey)}, Board: "sim"}, filepath.Join(h.data, "update"), "1.0.0", time.Now)
		}
		h.start()
		defer func() { h.end() }()
		box, done := h.App, make(chan error, 1)
		go func() {
			done <- box.StageUpdate(context.Background(), f.bundle(update.Version{Major: 1, Minor: 1}), false, "li")
		}()
		p.live(bundlePatience)
		p.want(0, 0, false)
		if box.options.Updates.Written() == 0 {
			t.Fatal("no bundle is written")
		}
		p.live(2 * time.Minute)
		p.want(1, 0, false)
		close(hung.hangs)
		<-done
	})
}

// So it does for a trial, which has its own gate, unless that never comes to its word.
func TestTheRemedyWaitsForATrialAWhile(t *testing.T) {
	inFlat(t, func(f *flat) {
		f.tried()
		f.reboot("B")
		s, now := standstill{app: f.App}, f.clock()
		if why := s.unquiet(now); why != "new firmware is on trial" {
			t.Errorf("it waits for %q", why)
		}
		now.Mono = trialPatience
		if why := s.unquiet(now); why != "" {
			t.Errorf("it waits for %q after %v", why, now.Mono)
		}
	})
}

// A bundle that comes in is waited for; one whose medium hangs is not, for ever.
func TestABundleThatHangsKeepsNoRemedy(t *testing.T) {
	var g growth
	for i, c := range []struct {
		bytes int64
		at    time.Duration
		want  bool
	}{{0, 0, false}, {1, time.Hour, true}, {1, time.Hour + 4*time.Minute, true}, {2, time.Hour + 8*time.Minute, true},
		{2, time.Hour + 13*time.Minute, false}, {2, 9 * time.Hour, false}, {3, 9 * time.Hour, true}, {0, 10 * time.Hour, false}, {3, 11 * time.Hour, true}} {
		if got := g.goesOn(c.bytes, c.at); got != c.want {
			t.Errorf("look %d: goes on %v, want %v", i, got, c.want)
		}
	}
}
