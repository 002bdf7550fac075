package bus

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	earSize  = 512 // frames that wait for one listener; further ones are lost and counted
	mostEars = 4   // listeners of one wire at a time
)

// ErrTooMany is told to a listener for whom there is no room.
var ErrTooMany = errors.New("too many listeners on this bus")

// tap hands frames to whoever listens. Without a listener it costs one load.
type tap struct {
	mutex sync.Mutex
	ears  atomic.Pointer[[]*Ear] // replaced whole
}

// Ear is one listener.
type Ear struct {
	frames chan Frame
	lost   atomic.Uint64
	leave  func(*Ear)
}

// listening is whether anybody hears.
func (t *tap) listening() bool { return t.ears.Load() != nil }

// tell gives a copy of the frame to all. Never blocks.
func (t *tap) tell(f Frame) {
	ears := t.ears.Load()
	if ears == nil {
		return
	}
	f.Data = slices.Clone(f.Data)
	for _, e := range *ears {
		select {
		case e.frames <- f:
		default:
			e.lost.Add(1)
		}
	}
}

func (t *tap) listen() (*Ear, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var ears []*Ear
	if old := t.ears.Load(); old != nil {
		ears = *old
	}
	if len(ears) >= mostEars {
		return nil, ErrTooMany
	}
	e := &Ear{frames: make(chan Frame, earSize), leave: t.leave}
	ears = append(slices.Clone(ears), e)
	t.ears.Store(&ears)
	return e, nil
}

func (t *tap) leave(e *Ear) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	old := t.ears.Load()
	if old == nil {
		return
	}
	ears := slices.DeleteFunc(slices.Clone(*old), func(x *Ear) bool { return x == e })
	if len(ears) == 0 {
		t.ears.Store(nil)
		return
	}
	t.ears.Store(&ears)
}

// Next waits for the next frame; an error when ctx ends.
func (e *Ear) Next(ctx context.Context) (Frame, error) {
	select {
	case f := <-e.frames:
		f.Lost = e.lost.Swap(0)
		return f, nil
	case <-ctx.Done():
		return Frame{}, ctx.Err()
	}
}

// Take is the next frame that waits; false: there is none.
func (e *Ear) Take() (Frame, bool) {
	select {
	case f := <-e.frames:
		f.Lost = e.lost.Swap(0)
		return f, true
	default:
		return Frame{}, false
	}
}

// Close ends the listening. It may be called more than once.
func (e *Ear) Close() { e.leave(e) }
