package modbustest

import (
	"io"
	"os"
	"sync"
	"time"

	"watchbox/firmware/driver"
)

// Wire makes a serial line in memory: port is what a master opens, end is what a
// plant serves. Everything in it waits on conditions and timers only, so it runs
// in a synctest bubble. Closing end is pulling the adapter out.
func Wire() (port driver.Port, end io.ReadWriteCloser) {
	out, in := newQueue(), newQueue()
	return &wireEnd{in: in, out: out, gone: driver.ErrDisconnect}, &wireEnd{in: out, out: in, gone: io.EOF}
}

// queueLimit bounds what one direction holds, in bytes; more is lost, as in a UART.
const queueLimit = 1 << 16

// queue is one direction.
type queue struct {
	mutex  sync.Mutex
	change *sync.Cond
	bytes  []byte
	ended  bool
}

func newQueue() *queue {
	q := &queue{}
	q.change = sync.NewCond(&q.mutex)
	return q
}

func (q *queue) put(b []byte) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.bytes)+len(b) <= queueLimit {
		q.bytes = append(q.bytes, b...)
	}
	q.change.Broadcast()
	return !q.ended
}

func (q *queue) end() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.ended = true
	q.change.Broadcast()
}

type wireEnd struct {
	in, out *queue
	gone    error // what a hung-up line reads

	closed bool // under in.mutex, like by
	by     time.Time
	timer  *time.Timer
}

func (w *wireEnd) Read(b []byte) (int, error) {
	q := w.in
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for {
		switch {
		case w.closed:
			return 0, os.ErrClosed
		case !w.by.IsZero() && !time.Now().Before(w.by):
			return 0, os.ErrDeadlineExceeded
		case len(q.bytes) > 0:
			n := copy(b, q.bytes)
			q.bytes = q.bytes[n:]
			return n, nil
		case q.ended:
			return 0, w.gone
		}
		q.change.Wait()
	}
}

func (w *wireEnd) Write(b []byte) (int, error) {
	w.in.mutex.Lock()
	closed := w.closed
	w.in.mutex.Unlock()
	if closed {
		return 0, os.ErrClosed
	}
	if !w.out.put(b) {
		return 0, w.gone
	}
	return len(b), nil
}

// Close hangs up for the other end.
func (w *wireEnd) Close() error {
	w.in.mutex.Lock()
	was := w.closed
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
	w.in.change.Broadcast()
	w.in.mutex.Unlock()
	if was {
		return os.ErrClosed
	}
	w.in.end()
	w.out.end()
	return nil
}

func (w *wireEnd) SetReadDeadline(t time.Time) error {
	w.in.mutex.Lock()
	defer w.in.mutex.Unlock()
	if w.closed {
		return os.ErrClosed
	}
	w.by = t
	if w.timer != nil {
		w.timer.Stop()
	}
	if !t.IsZero() {
		w.timer = time.AfterFunc(time.Until(t), func() {
			w.in.mutex.Lock()
			defer w.in.mutex.Unlock()
			w.in.change.Broadcast()
		})
	}
	w.in.change.Broadcast()
	return nil
}

// SetWriteDeadline does nothing: a write never waits.
func (w *wireEnd) SetWriteDeadline(time.Time) error { return nil }

func (w *wireEnd) Flush() error {
	w.in.mutex.Lock()
	defer w.in.mutex.Unlock()
	if w.in.ended {
		return w.gone
	}
	w.in.bytes = nil
	return nil
}

// Drain hands out what is there without waiting.
func (w *wireEnd) Drain(b []byte) (int, error) {
	w.in.mutex.Lock()
	defer w.in.mutex.Unlock()
	n := copy(b, w.in.bytes)
	w.in.bytes = w.in.bytes[n:]
	if n == 0 && w.in.ended {
		return 0, w.gone
	}
	return n, nil
}
