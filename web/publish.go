package web

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/event"
)

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
