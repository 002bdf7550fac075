package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"watchbox/firmware/event"
)

// Limits of what is made up for after a Last-Event-ID.
const (
	backlogPage  = 500
	backlogPages = 20
)

// stream answers GET /stream: the whole state, then changes until the browser
// leaves, is too slow, or its session ends.
func stream(c *call) {
	l, state, ready, err := c.hub.join(func() bool { return c.blind(c.session) })
	if err != nil {
		writeFailure(c.w, err)
		return
	}
	defer c.hub.leave(l)
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	o := &outgoing{call: c, control: http.NewResponseController(c.w)}
	if o.write(state...) != nil {
		return
	}
	if !o.catchUp(ready, l) {
		return
	}
	o.follow(l)
}

// outgoing is the writing side of one stream.
type outgoing struct {
	*call
	control *http.ResponseController
	sent    event.ID // newest record that went out
}

// write sends the frames within slowWrite. Records that went out already are left out.
func (o *outgoing) write(frames ...frame) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(slowWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	for _, f := range frames {
		if f.record.Sequence > 0 {
			if f.record.Epoch == o.sent.Epoch && f.record.Sequence <= o.sent.Sequence {
				continue
			}
			o.sent = f.record
		}
		if _, err := o.w.Write(f.bytes); err != nil {
			return err
		}
	}
	return o.control.Flush()
}

// catchUp sends the records since Last-Event-ID, from the journal. The queue
// already gathers newer ones, so that none falls between; false ends the stream.
func (o *outgoing) catchUp(ready <-chan struct{}, l *listener) bool {
	text := o.r.Header.Get("Last-Event-ID")
	if text == "" {
		text = o.r.URL.Query().Get("after")
	}
	last, err := event.ParseID(text)
	if err != nil {
		return true
	}
	box, epoch := o.box.Identity()
	if last.Box != box || last.Epoch != epoch {
		return o.write(message("resync", Resync{epoch, "epoch"})) == nil
	}
	select {
	case <-ready:
	case <-l.gone:
		return false
	case <-o.r.Context().Done():
		return false
	case <-time.After(5 * time.Second):
		return o.write(message("resync", Resync{epoch, "journal"})) == nil
	}
	return o.backlog(last)
}

func (o *outgoing) backlog(last event.ID) bool {
	for range backlogPages {
		q := after(last)
		q.Limit = backlogPage
		records, err := readEvents(o.r.Context(), o.box, q, last.Epoch)
		if err != nil {
			return o.write(message("resync", Resync{last.Epoch, "journal"})) == nil
		}
		frames := make([]frame, 0, len(records))
		for _, r := range records {
			frames = append(frames, recordFrame(r))
			last = r.ID
		}
		if o.write(tellable(frames, o.blind(o.session))...) != nil {
			return false
		}
		if len(records) < backlogPage {
			return true
		}
	}
	return o.write(message("resync", Resync{last.Epoch, "too-many"})) == nil
}

// follow sends what the hub gives, and a heartbeat; at each heartbeat the
// session is looked at again, so that a log-out ends the stream.
func (o *outgoing) follow(l *listener) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case f := <-l.queue:
			err = o.write(f)
		case <-beat.C:
			if !o.stillAdmitted() {
				return
			}
			err = o.write(message("heartbeat", Beat{o.options.Now().Wall}))
		case <-l.gone:
			return
		case <-o.r.Context().Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// stillAdmitted asks the directory again. A directory that cannot answer in
// time does not throw out a screen that watches the room.
func (o *outgoing) stillAdmitted() bool {
	ctx, stop := context.WithTimeout(o.r.Context(), 2*time.Second)
	defer stop()
	_, err := o.box.Persons().Who(ctx, o.session)
	return err == nil || ctx.Err() != nil
}
