package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// outputs is the output writer: one goroutine per device that has outputs, so
// that a hung wall or relay board never holds the siren. Each has a mailbox of
// the newest wish per output; a newer wish replaces an older one.
type outputs struct {
	write  func(ctx context.Context, p point.Name, v point.Value) error
	failed func(p point.Name, err error)                                  // nil err: it works again
	answer func(p point.Name, v point.Value, at point.Instant, err error) // of a command
	clock  func() point.Instant

	mutex   sync.Mutex
	boxes   map[string]*mailbox
	levels  map[point.Name]bool   // what annunciators want: told again to a device that came back
	pulses  map[point.Name]uint64 // the number of each output's newest pulse
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
	until time.Duration // monotonic; when it fails then it is given up, and its answer is told. Never: tried for ever, silently
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
	return &outputs{boxes: map[string]*mailbox{}, levels: map[point.Name]bool{}, pulses: map[point.Name]uint64{}, beats: map[point.Name]beat{}, running: ctx, clock: clock}
}

// start tells how to write and whom to tell of a failure; wishes wait for it.
func (o *outputs) start(write func(context.Context, point.Name, point.Value) error, failed func(point.Name, error),
	answer func(point.Name, point.Value, point.Instant, error)) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.write, o.failed, o.answer = write, failed, answer
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

// command wishes a value that was ordered, and answers how that ended. Never blocks.
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
		at := o.clock()
		if err == nil || at.Mono >= w.until || w.until != point.Never && final(err) {
			if w.until != point.Never {
				o.answer(p, w.value, at, err)
			}
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

// final is true for a failure that another attempt will not mend, or that must see
// none: the issuer of a command hears of it at once.
func final(err error) bool {
	return errors.Is(err, driver.ErrUnsure) || errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrUnsupported) || errors.Is(err, driver.ErrNotPresent)
}

// pulse switches an output on and, after d, off again; with no d it ends the
// pulse that runs. The newest pulse of an output counts. Never blocks.
func (o *outputs) pulse(p point.Name, d time.Duration) {
	n := o.beat(p, d > 0)
	if d <= 0 {
		return
	}
	o.group.Go(func() {
		select {
		case <-time.After(d):
		case <-o.running.Done():
		}
		o.mutex.Lock()
		defer o.mutex.Unlock()
		if o.pulses[p] == n {
			o.wish(p, wish{point.OfBool(false), point.Never})
		}
	})
}

// beat wishes the level of a pulse and numbers it.
func (o *outputs) beat(p point.Name, on bool) (n uint64) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.pulses[p]++
	o.wish(p, wish{point.OfBool(on), point.Never})
	return o.pulses[p]
}
