package web

import (
	"context"
	"encoding/json"
	"fmt"
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

// watchViews sends what changes between views, gathered for a quarter second.
func (h *hub) watchViews(ctx context.Context) {
	for {
		changed := h.server.box.Changed()
		h.publish(ctx, h.server.box.View(), h.server.box.Site())
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

func (h *hub) publish(ctx context.Context, v *engine.View, site *config.Site) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if ctx.Err() != nil || v == nil || h.last == nil || v == h.last && site == h.site {
		return
	}
	var before []frame
	if site != h.site {
		before = []frame{message("site", struct{}{})}
	}
	told := map[bool]func() []frame{}
	for _, blind := range []bool{false, true} {
		told[blind] = sync.OnceValue(func() []frame {
			return append(before[:len(before):len(before)], h.server.difference(h.server.seen(h.last, blind), h.server.seen(v, blind))...)
		})
	}
	for l := range h.listeners {
		blind := l.blind()
		if blind == l.was {
			h.give(l, told[blind]())
			continue
		}
		l.was = blind
		h.give(l, append(before[:len(before):len(before)], h.server.state(h.server.seen(v, blind))...))
	}
	h.last, h.site = v, site
}

// watchRecords asks the journal for what is new. A disk that hangs holds up
// this goroutine alone: alarms and points go on.
func (h *hub) watchRecords(ctx context.Context, ready chan struct{}) {
	var cursor event.ID
	for known := false; ; {
		if !known {
			if cursor, known = h.newest(ctx); known {
				close(ready)
			}
		} else {
			cursor = h.publishRecords(ctx, cursor)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(recordPeriod):
		}
	}
}

func (h *hub) newest(ctx context.Context) (event.ID, bool) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	box, epoch := h.server.box.Identity()
	cursor := event.ID{Box: box, Epoch: epoch}
	records, err := readEvents(ctx, h.server.box, newestOne(epoch), epoch)
	if err == nil && len(records) > 0 && records[0].ID.Epoch == epoch {
		cursor = records[0].ID
	}
	return cursor, err == nil
}

func newestOne(epoch string) (q eventQuery) {
	q.Epoch, q.Limit = epoch, 1
	return q
}

func (h *hub) publishRecords(ctx context.Context, cursor event.ID) event.ID {
	if _, epoch := h.server.box.Identity(); epoch != cursor.Epoch {
		cursor.Epoch, cursor.Sequence = epoch, 0
	}
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	records, err := readEvents(ctx, h.server.box, after(cursor), cursor.Epoch)
	if err != nil || len(records) == 0 {
		return cursor
	}
	frames := make([]frame, 0, len(records))
	for _, r := range records {
		frames = append(frames, recordFrame(r))
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for l := range h.listeners {
		h.give(l, tellable(frames, l.blind()))
	}
	return records[len(records)-1].ID
}

// after asks for a page of what follows the record; less than a queue holds.
func after(cursor event.ID) (q eventQuery) {
	q.forward, q.Epoch, q.After, q.Limit = true, cursor.Epoch, cursor.Sequence, queueFrames/2
	return q
}

// message makes one frame of the stream.
func message(name string, data any) frame {
	b, err := json.Marshal(data)
	if err != nil {
		b = []byte("null")
	}
	return frame{bytes: fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, b)}
}

// recordFrame carries the record's id, which a browser sends back as Last-Event-ID.
func recordFrame(r event.Record) frame {
	f := message("record", r)
	f.bytes = append(fmt.Appendf(nil, "id: %s\n", r.ID), f.bytes...)
	f.record, f.silent = r.ID, r.Silent
	return f
}
