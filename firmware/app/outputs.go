package app

import (
	"context"
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
	gaveUp func(p point.Name, v point.Value, err error)
	clock  func() point.Instant

	mutex   sync.Mutex
	boxes   map[string]*mailbox
	levels  map[point.Name]bool // what annunciators want: told again to a device that came back
	beats   map[point.Name]beat
	running context.Context
	group   sync.WaitGroup
}

type mailbox struct {
	turned atomic.Int64 // monotonic nanoseconds of its writer's last turn
	wishes map[point.Name]wish
	order  []point.Name
	wake   chan struct{}
}

// wish is what one output shall be.
type wish struct {
	value point.Value
	until time.Duration // monotonic; when it fails then it is given up. Never: tried for ever
}

// beat is when an output last went on, and when it did before: a siren sounds in
// beats, and is heard as sounding between them.
type beat struct{ last, before time.Duration }

// sounding tells whether an output has been on for a second, or again and again:
// a trouble's chirp once a minute is not a siren. Never blocks.
func (o *outputs) sounding(p point.Name) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	now, b := o.clock().Mono, o.beats[p]
	return o.levels[p] && now-b.last > time.Second || b.before > 0 && now-b.before < beatsWithin
}

const (
	beatsWithin     = 12 * time.Second // two beats of the slowest cadence, with room to spare
	writeTimeout    = 2 * time.Second
	writeRetry      = time.Second
	commandPatience = 10 * time.Second // a person's command must not be carried out hours later
)

func newOutputs(ctx context.Context, clock func() point.Instant) *outputs {
	return &outputs{boxes: map[string]*mailbox{}, levels: map[point.Name]bool{}, beats: map[point.Name]beat{}, running: ctx, clock: clock}
}

// start tells how to write and whom to tell of a failure; wishes wait for it.
func (o *outputs) start(write func(context.Context, point.Name, point.Value) error, failed func(point.Name, error),
	gaveUp func(point.Name, point.Value, error)) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.write, o.failed, o.gaveUp = write, failed, gaveUp
	for _, b := range o.boxes {
		o.group.Go(func() { o.run(b) })
	}
}

// set wishes levels. Never blocks.
func (o *outputs) set(levels []annunciate.Level) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, l := range levels {
		if l.On && !o.levels[l.Output] {
			o.beats[l.Output] = beat{last: o.clock().Mono, before: o.beats[l.Output].last}
		}
		o.levels[l.Output] = l.On
		o.wish(l.Output, wish{point.OfBool(l.On), point.Never})
	}
}

// repeat wishes once more what annunciators want of these points: their device
// is new, or was away and may have come back at rest. Never blocks.
func (o *outputs) repeat(points []point.Point) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, p := range points {
		if on, driven := o.levels[p.Name]; driven {
			o.wish(p.Name, wish{point.OfBool(on), point.Never})
		}
	}
}

// command wishes a value that a person asked for. Never blocks.
func (o *outputs) command(p point.Name, v point.Value) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.wish(p, wish{v, o.clock().Mono + commandPatience})
}

// wish puts it into the mailbox of the point's device and wakes its writer; the
// mutex is held.
func (o *outputs) wish(p point.Name, w wish) {
	b := o.boxes[p.Device()]
	if b == nil {
		b = &mailbox{wishes: map[point.Name]wish{}, wake: make(chan struct{}, 1)}
		b.turned.Store(int64(o.clock().Mono))
		o.boxes[p.Device()] = b
		if o.write != nil {
			o.group.Go(func() { o.run(b) })
		}
	}
	b.put(p, w)
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *mailbox) put(p point.Name, w wish) {
	if _, waits := b.wishes[p]; !waits {
		b.order = append(b.order, p)
	}
	b.wishes[p] = w
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

func (o *outputs) take(b *mailbox) (p point.Name, w wish, ok bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if len(b.order) == 0 {
		return "", w, false
	}
	p, b.order = b.order[0], b.order[1:]
	w = b.wishes[p]
	delete(b.wishes, p)
	return p, w, true
}

// again puts a failed wish back unless a newer one came.
func (o *outputs) again(b *mailbox, p point.Name, w wish) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if _, newer := b.wishes[p]; !newer {
		b.put(p, w)
	}
}

// run is the life of one writer. A failed wish goes behind the others, so that
// one dead output does not hold up its neighbours.
func (o *outputs) run(b *mailbox) {
	for {
		p, w, ok := o.take(b)
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
		err := within(o.running, writeTimeout, func(ctx context.Context) error { return o.write(ctx, p, w.value) })
		o.failed(p, err)
		if err == nil {
			continue
		}
		if o.clock().Mono >= w.until {
			o.gaveUp(p, w.value, err)
			continue
		}
		select {
		case <-o.running.Done():
			return
		case <-b.wake: // something newer goes first
		case <-time.After(writeRetry):
		}
		o.again(b, p, w)
	}
}

// pulse switches an output on and, after d, off again.
func (o *outputs) pulse(p point.Name, d time.Duration) {
	o.now(p, true)
	o.group.Go(func() {
		select {
		case <-time.After(d):
		case <-o.running.Done():
		}
		o.now(p, false)
	})
}

func (o *outputs) now(p point.Name, on bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.wish(p, wish{point.OfBool(on), point.Never})
}
