package app

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/point"
)

// outputs is the output writer: one goroutine per device that has outputs, so
// that a hung wall or relay board never holds the siren. Each has a mailbox of
// the newest wish per output; a newer wish replaces an older one.
type outputs struct {
	write  func(ctx context.Context, p point.Name, v point.Value) error
	failed func(p point.Name, err error) // nil err: it works again
	clock  func() point.Instant

	mutex   sync.Mutex
	boxes   map[string]*mailbox
	running context.Context
	group   sync.WaitGroup
}

type mailbox struct {
	turned atomic.Int64 // monotonic nanoseconds of its writer's last turn
	wishes map[point.Name]point.Value
	order  []point.Name
	wake   chan struct{}
}

const (
	writeTimeout = 2 * time.Second
	writeRetry   = time.Second
)

func newOutputs(ctx context.Context, clock func() point.Instant) *outputs {
	return &outputs{boxes: map[string]*mailbox{}, running: ctx, clock: clock}
}

// start tells how to write and whom to tell of a failure; wishes wait for it.
func (o *outputs) start(write func(context.Context, point.Name, point.Value) error, failed func(point.Name, error)) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.write, o.failed = write, failed
	for _, b := range o.boxes {
		o.group.Go(func() { o.run(b) })
	}
}

// set wishes levels. Never blocks.
func (o *outputs) set(levels []annunciate.Level) {
	for _, l := range levels {
		o.wish(l.Output, point.OfBool(l.On))
	}
}

// wish asks for one value. Never blocks.
func (o *outputs) wish(p point.Name, v point.Value) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	b := o.boxes[p.Device()]
	if b == nil {
		b = &mailbox{wishes: map[point.Name]point.Value{}, wake: make(chan struct{}, 1)}
		b.turned.Store(int64(o.clock().Mono))
		o.boxes[p.Device()] = b
		if o.write != nil {
			o.group.Go(func() { o.run(b) })
		}
	}
	b.put(p, v)
}

func (b *mailbox) put(p point.Name, v point.Value) {
	if _, waits := b.wishes[p]; !waits {
		b.order = append(b.order, p)
	}
	b.wishes[p] = v
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// slowest is when the writer that stands still longest last turned.
func (o *outputs) slowest(now time.Duration) time.Duration {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, b := range o.boxes {
		now = min(now, time.Duration(b.turned.Load()))
	}
	return now
}

func (o *outputs) take(b *mailbox) (p point.Name, v point.Value, ok bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if len(b.order) == 0 {
		return "", v, false
	}
	p, b.order = b.order[0], b.order[1:]
	v = b.wishes[p]
	delete(b.wishes, p)
	return p, v, true
}

// again puts a failed wish back unless a newer one came.
func (o *outputs) again(b *mailbox, p point.Name, v point.Value) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if _, newer := b.wishes[p]; !newer {
		b.put(p, v)
	}
}

func (o *outputs) run(b *mailbox) {
	for {
		p, v, ok := o.take(b)
		b.turned.Store(int64(o.clock().Mono))
		if !ok {
			select {
			case <-o.running.Done():
				return
			case <-b.wake:
			case <-time.After(writeRetry):
			}
			continue
		}
		err := within(o.running, writeTimeout, func(ctx context.Context) error { return o.write(ctx, p, v) })
		o.failed(p, err)
		if err == nil {
			continue
		}
		select {
		case <-o.running.Done():
			return
		case <-time.After(writeRetry):
			o.again(b, p, v)
		}
	}
}

// pulse switches an output on and, after d, off again.
func (o *outputs) pulse(p point.Name, d time.Duration) {
	o.wish(p, point.OfBool(true))
	o.group.Go(func() {
		select {
		case <-time.After(d):
		case <-o.running.Done():
		}
		o.wish(p, point.OfBool(false))
	})
}

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
