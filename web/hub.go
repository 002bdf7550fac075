package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
)

// Limits of the event stream.
const (
	mostStreams  = 64                     // open at the same time; the next one is refused
	queueFrames  = 64                     // waiting for one browser; when full the browser is dropped
	gather       = 250 * time.Millisecond // changes of this long go as one: at most 4 a second
	heartbeat    = 15 * time.Second
	recordPeriod = 500 * time.Millisecond // how often the journal is asked for new records
	slowWrite    = 10 * time.Second       // a browser that takes longer for one write is dropped
)

// frame is one message of the stream, ready to be written.
type frame struct {
	bytes  []byte
	record event.ID // set for a journal record
	silent bool     // not for a blind session
}

// tellable leaves out what a blind session must not be told.
func tellable(frames []frame, blind bool) []frame {
	if !blind {
		return frames
	}
	return slices.DeleteFunc(slices.Clone(frames), func(f frame) bool { return f.silent })
}

// listener is one open stream. A full queue closes it: the browser comes back
// by itself and gets the whole state again.
type listener struct {
	queue chan frame
	gone  chan struct{} // closed when it was dropped or the server ends
	blind func() bool   // must not be told of silent alarms; asked before each message
	was   bool          // blind, when it was last told of the view
}

// hub computes each change once and gives it to all listeners. Its two
// goroutines (views, and records, which wait for the disk) run while there is
// at least one listener.
type hub struct {
	server *Server

	mutex     sync.Mutex
	listeners map[*listener]struct{}
	last      *engine.View
	site      *config.Site
	stop      context.CancelFunc
	ready     chan struct{} // closed when the records' cursor is known
	closed    bool
}

func newHub(s *Server) *hub { return &hub{server: s, listeners: map[*listener]struct{}{}} }

func (h *hub) count() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.listeners)
}

// join adds a listener; state is the whole state that its deltas continue.
// ready is closed when every later record will reach the queue.
func (h *hub) join(blind func() bool) (l *listener, state []frame, ready <-chan struct{}, err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed || len(h.listeners) >= mostStreams {
		return nil, nil, nil, errManyStreams
	}
	if len(h.listeners) == 0 {
		if h.last = h.server.box.View(); h.last == nil {
			return nil, nil, nil, errNotStarted
		}
		h.site = h.server.box.Site()
		ctx, stop := context.WithCancel(context.Background())
		h.stop, h.ready = stop, make(chan struct{})
		go h.watchViews(ctx)
		go h.watchRecords(ctx, h.ready)
	}
	l = &listener{make(chan frame, queueFrames), make(chan struct{}), blind, blind()}
	h.listeners[l] = struct{}{}
	return l, h.server.wholeState(h.server.seen(h.last, l.was)), h.ready, nil
}

// leave removes the listener; twice is harmless.
func (h *hub) leave(l *listener) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.drop(l)
}

func (h *hub) drop(l *listener) {
	if _, ok := h.listeners[l]; !ok {
		return
	}
	delete(h.listeners, l)
	close(l.gone)
	if len(h.listeners) == 0 {
		h.stop()
		h.last = nil
	}
}

func (h *hub) close() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.closed = true
	for l := range h.listeners {
		h.drop(l)
	}
}

// give gives the frames to one; when it is full it is dropped. Holds the mutex.
func (h *hub) give(l *listener, frames []frame) {
	for _, f := range frames {
		select {
		case l.queue <- f:
			continue
		default:
		}
		h.server.options.Log("web: a stream is too slow: dropped")
		h.drop(l)
		return
	}
}
