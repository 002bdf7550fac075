package app

import (
	"context"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/dialout"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/store"
)

const (
	commitPatience = 200 * time.Millisecond // dial-out waits so long for the journal, then goes without it
	deskQueue      = 4096                   // inputs waiting for the desk; when it is full the oldest raise is still in the journal and on the page
)

// desk owns dialout.Desk: one goroutine that takes alarms, receipts and replies
// and hands messages to the channels. It blocks on nothing but its own queue.
type desk struct {
	app     *App
	pure    *dialout.Desk // set before anything runs
	in      chan func(now point.Instant)
	ledger  chan store.Message // bounded; the ledger's writer waits for the disk
	context context.Context    // of all channels
	unwire  func()             // ends the present ones
	queues  map[string]chan dialout.Message
	held    []heldChange
	seen    uint64 // newest committed sequence
}

// heldChange is a change of an alarm that waits for its journal record.
type heldChange struct {
	change alarm.Change
	until  time.Duration
}

func newDesk(a *App) *desk {
	return &desk{app: a, in: make(chan func(point.Instant), deskQueue),
		ledger: make(chan store.Message, deskQueue), queues: map[string]chan dialout.Message{}}
}

// tell gives the desk something to do. Never blocks.
func (d *desk) tell(f func(now point.Instant)) {
	select {
	case d.in <- f:
	default:
		d.app.log("dial-out: %d inputs are waiting, one was left out", deskQueue)
	}
}

// changes takes what happened to alarms. Never blocks.
func (d *desk) changes(list []alarm.Change) {
	d.tell(func(now point.Instant) {
		for _, c := range list {
			d.held = append(d.held, heldChange{c, now.Mono + commitPatience})
		}
	})
}

// committed takes the newest sequence that is durable. Never blocks.
func (d *desk) committed(sequence uint64) {
	d.tell(func(point.Instant) { d.seen = max(d.seen, sequence) })
}

// Report and Reply are what a channel hears: dialout.Inbox.
func (d *desk) Report(r dialout.Report) {
	d.tell(func(now point.Instant) { d.pure.Report(now, r) })
}

// Reply takes a message that a person sent to the box.
func (d *desk) Reply(r dialout.Reply) {
	d.tell(func(now point.Instant) {
		for _, a := range d.pure.Reply(now, r) {
			d.app.engine.Send(engine.Command{Verb: engine.Acknowledge, Target: a.Key, Occurrence: a.Occurrence, Actor: a.Contact,
				Comment: r.Channel + ": " + r.Text})
		}
	})
}

func (d *desk) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-d.in:
			f(d.app.clock())
		case <-timer.C:
		}
		now := d.app.clock()
		d.release(now)
		d.pure.Tick(now)
		d.hand(d.pure.Take())
		timer.Reset(d.nap())
	}
}

// release passes on the changes whose record is durable or whose patience is over, in order.
func (d *desk) release(now point.Instant) {
	for len(d.held) > 0 {
		h := d.held[0]
		if h.change.Alarm.Occurrence.Sequence > d.seen && now.Mono < h.until {
			return
		}
		d.held = d.held[1:]
		d.pure.Change(now, h.change)
	}
}

func (d *desk) nap() time.Duration {
	next := d.pure.Next()
	if len(d.held) > 0 {
		next = min(next, d.held[0].until)
	}
	if next == point.Never {
		return time.Minute
	}
	return min(max(next-d.app.clock().Mono, 0), time.Minute)
}

func (d *desk) hand(out dialout.Output) {
	if !out.Batch.Empty() {
		d.app.engine.Commit(out.Batch)
	}
	for _, entry := range out.Ledger {
		select {
		case d.ledger <- store.Message(entry):
		default:
		}
	}
	for _, m := range out.Messages {
		d.send(m)
	}
}

func (d *desk) send(m dialout.Message) {
	q := d.queues[m.Channel]
	if q == nil {
		d.pure.Failed(d.app.clock(), m.ID, "no such channel", false)
		return
	}
	select {
	case q <- m:
	default:
		d.pure.Failed(d.app.clock(), m.ID, "the channel's queue is full", true)
	}
}

// test sends a trial message and gives its ledger id; empty when there is no
// such contact, channel or address.
func (d *desk) test(now point.Instant, channel, contact string) (id string) {
	if !d.pure.Test(now, contact, channel) {
		return ""
	}
	out := d.pure.Take()
	for _, m := range out.Messages {
		if m.Channel == channel && m.Contact == contact {
			id = m.ID
		}
	}
	d.hand(out)
	return id
}

// keepLedger writes the ledger; it waits for the disk so that the desk need not.
func (d *desk) keepLedger(ctx context.Context, s *store.Store) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-d.ledger:
			if err := s.PutMessage(ctx, m); err != nil {
				d.app.log("ledger: %v", err)
			}
		}
	}
}

var _ dialout.Inbox = (*desk)(nil)
