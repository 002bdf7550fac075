package app

import (
	"context"
	"io"
	"sync"
	"time"

	"watchbox/firmware/annunciate"
)

// wall keeps the display showing the newest frame, at least once a second: an
// E1.31 receiver gives up after 2.5 s of silence.
type wall struct {
	display annunciate.Display
	failed  func(error)
	mutex   sync.Mutex
	frame   annunciate.Frame
	retired []io.Closer // displays that a reload replaced
	wake    chan struct{}
}

func newWall(d annunciate.Display, failed func(error)) *wall {
	return &wall{display: d, failed: failed, wake: make(chan struct{}, 1)}
}

func (w *wall) show(f annunciate.Frame) {
	w.mutex.Lock()
	w.frame = f
	w.mutex.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// swap takes another display from the next frame on. The old one is closed by
// the goroutine that shows: it may be in the midst of a frame.
func (w *wall) swap(d annunciate.Display) {
	w.mutex.Lock()
	if c, ok := w.display.(io.Closer); ok {
		w.retired = append(w.retired, c)
	}
	w.display = d
	w.mutex.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next is what to show where; it closes what was replaced.
func (w *wall) next() (annunciate.Frame, annunciate.Display) {
	w.mutex.Lock()
	f, display, retired := w.frame, w.display, w.retired
	w.retired = nil
	w.mutex.Unlock()
	for _, c := range retired {
		c.Close()
	}
	return f, display
}

func (w *wall) run(ctx context.Context) {
	for ctx.Err() == nil {
		f, display := w.next()
		if len(f) > 0 && display != nil {
			w.failed(within(ctx, time.Second, func(ctx context.Context) error { return display.Show(ctx, f) }))
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-time.After(time.Second):
		}
	}
}
