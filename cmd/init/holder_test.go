package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stage is a box whose daemon lives as the test says.
type stage struct {
	h       *holder
	began   time.Time
	rested  []string // "DO1@5m0s"
	starts  []time.Duration
	current *life
}

type life struct {
	told    chan map[string]time.Duration
	died    chan string
	stopped bool
}

// play runs f beside the holder, in fake time.
func play(t *testing.T, f func(s *stage)) *stage {
	s := &stage{}
	synctest.Test(t, func(t *testing.T) {
		s.began = time.Now()
		var outputs []output
		for _, o := range []output{{terminal: "DO1", hold: 5 * time.Minute}, {terminal: "DO3"}} {
			o.rest = func() error {
				s.rested = append(s.rested, fmt.Sprintf("%s@%v", o.terminal, time.Since(s.began)))
				return nil
			}
			outputs = append(outputs, o)
		}
		s.h = newHolder(outputs)
		s.h.say = t.Logf
		s.h.start = s.start
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.h.run(ctx) }()
		synctest.Wait()
		f(s)
		synctest.Wait()
		kept := slices.Clone(s.rested)
		cancel()
		<-done
		s.rested = kept
	})
	return s
}

func (s *stage) start() (*daemon, error) {
	l := &life{told: make(chan map[string]time.Duration, 1), died: make(chan string, 1)}
	s.current = l
	s.starts = append(s.starts, time.Since(s.began))
	end := func() { l.stopped = true; l.died <- "asked to" }
	return &daemon{told: l.told, died: l.died, stop: end, kill: end}, nil
}

// later lets time pass; what was due is then done.
func (s *stage) later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// dies ends the daemon and gives the holder the time for a new one.
func (s *stage) dies() {
	s.current.died <- "killed"
	synctest.Wait()
}

func TestRelayRestsAtOnceAndSirenWhenDue(t *testing.T) {
	s := play(t, func(s *stage) {
		s.later(time.Minute)
		s.h.start = func() (*daemon, error) { return nil, fmt.Errorf("file is gone") }
		s.dies()
		s.later(10 * time.Minute)
	})
	if want := []string{"DO3@1m0s", "DO1@6m0s"}; !slices.Equal(s.rested, want) {
		t.Errorf("rested %v, want %v, each once", s.rested, want)
	}
}

func TestTakeOverKeepsTheSiren(t *testing.T) {
	s := play(t, func(s *stage) {
		s.later(time.Minute)
		s.dies()
		s.later(time.Second)
		s.current.told <- nil
		s.later(time.Hour)
	})
	if want := []string{"DO3@1m0s"}; !slices.Equal(s.rested, want) || len(s.starts) != 2 {
		t.Errorf("rested %v, want %v; %d starts, want 2", s.rested, want, len(s.starts))
	}
}

// The siren holds for its cut-off, which only the site file knows.
func TestSirenHoldsAsLongAsTheDaemonDeclared(t *testing.T) {
	s := play(t, func(s *stage) {
		s.current.told <- map[string]time.Duration{"DO1": 3 * time.Minute}
		s.later(time.Minute)
		s.h.start = func() (*daemon, error) { return nil, fmt.Errorf("file is gone") }
		s.dies()
		s.later(10 * time.Minute)
	})
	if want := []string{"DO3@1m0s", "DO1@4m0s"}; !slices.Equal(s.rested, want) {
		t.Errorf("rested %v, want %v", s.rested, want)
	}
}

func TestSilentDaemonCountsWhenItLives(t *testing.T) {
	s := play(t, func(s *stage) {
		s.later(time.Minute)
		s.dies()
		s.later(time.Hour)
	})
	if want := []string{"DO3@1m0s"}; !slices.Equal(s.rested, want) {
		t.Errorf("rested %v, want %v", s.rested, want)
	}
}

func TestEarlyDeathsGainNoTime(t *testing.T) {
	s := play(t, func(s *stage) {
		s.later(time.Minute)
		for time.Since(s.began) < 7*time.Minute {
			s.dies()
			s.later(s.h.pause + time.Second)
		}
	})
	siren := slices.IndexFunc(s.rested, func(r string) bool { return strings.HasPrefix(r, "DO1") })
	if siren < 0 || s.rested[siren] != "DO1@6m0s" || s.rested[0] != "DO3@1m0s" {
		t.Errorf("rested %v, want DO3 at 1 min, DO1 first at 6 min", s.rested)
	}
	if last := len(s.starts); len(s.rested) < last {
		t.Errorf("rested %v: want the relay to rest at each death", s.rested)
	}
	if n := len(s.starts); n < 10 || n > 25 {
		t.Errorf("%d starts in 7 min of early deaths: want a back-off", n)
	}
	if gap := s.starts[len(s.starts)-1] - s.starts[len(s.starts)-2]; gap < lastPause {
		t.Errorf("last pause %v, want %v or more", gap, lastPause)
	}
}

func TestEndStopsTheDaemonAndRestsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rested := 0
		h := newHolder([]output{{terminal: "DO1", hold: -1, rest: func() error { rested++; return nil }}})
		s := &stage{h: h, began: time.Now()}
		h.start = s.start
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		<-done
		if !s.current.stopped || rested != 1 {
			t.Errorf("stopped %v, rested %d times; want true and once", s.current.stopped, rested)
		}
	})
}
