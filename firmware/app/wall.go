package app

import (
	"context"
	"io"
	"sync"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

// wall keeps the display showing the newest picture, at least once a second: an
// E1.31 receiver gives up after 2.5 s of silence. While a text scrolls it shows
// each step.
type wall struct {
	display annunciate.Display
	clock   func() point.Instant
	failed  func(error)
	errors  streak
	mutex   sync.Mutex
	picture annunciate.Picture
	told    bool        // there is a picture
	retired []io.Closer // displays that a reload replaced
	wake    chan struct{}
}

func newWall(d annunciate.Display, clock func() point.Instant, failed func(error)) *wall {
	return &wall{display: d, clock: clock, failed: failed, wake: make(chan struct{}, 1)}
}

func (w *wall) show(p annunciate.Picture) {
	w.mutex.Lock()
	w.picture, w.told = p, true
	w.mutex.Unlock()
	w.look()
}

func (w *wall) look() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// swap takes another display from the next picture on. The old one is closed by
// the goroutine that shows: it may be in the midst of a frame.
func (w *wall) swap(d annunciate.Display) {
	w.mutex.Lock()
	if c, ok := w.display.(io.Closer); ok {
		w.retired = append(w.retired, c)
	}
	w.display = d
	w.mutex.Unlock()
	w.look()
}

// next is what to show where; it closes what was replaced.
func (w *wall) next() (annunciate.Picture, annunciate.Display) {
	w.mutex.Lock()
	p, display, retired := w.picture, w.display, w.retired
	w.retired = nil
	if !w.told {
		display = nil
	}
	w.mutex.Unlock()
	for _, c := range retired {
		c.Close()
	}
	return p, display
}

func (w *wall) run(ctx context.Context) {
	for ctx.Err() == nil {
		p, display := w.next()
		pause := time.Second
		if display != nil {
			now := w.clock().Mono
			err := within(ctx, time.Second, func(ctx context.Context) error { return display.Show(ctx, p, now) })
			if ctx.Err() == nil {
				w.failed(w.errors.judge(now, err))
			}
			if p.Page.Moves() {
				pause = annunciate.ScrollStep
			}
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-time.After(pause):
		}
	}
}

// streak tells a lost wall from a lost datagram. A socket without answers fails
// now and then while nobody listens (the network's refusal of one datagram is
// told with the next), so errors count as one failure until none came for
// wallQuietFor, and as a loss when they go on for wallLostAfter.
type streak struct {
	began, last time.Duration
	running     bool
	reason      error // the newest
}

const (
	wallLostAfter = 3 * time.Second
	wallQuietFor  = 5 * time.Second
)

// judge takes the outcome of an attempt at now. It answers with the error that
// stands: nil while the wall is not lost.
func (s *streak) judge(now time.Duration, err error) error {
	switch {
	case err != nil && !s.running:
		s.began, s.running = now, true
	case err == nil && now-s.last >= wallQuietFor:
		s.running = false
	}
	if err != nil {
		s.last, s.reason = now, err
	}
	if s.running && s.last-s.began >= wallLostAfter {
		return s.reason
	}
	return nil
}
