package dialout

import (
	"slices"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Bounds of what is kept for delivery reports.
const (
	awaitLimit = 512
	earlyLimit = 64
)

// awaited is a message that was sent and may be reported on.
type awaited struct {
	entry   Entry
	notices []*notice
}

// Report takes a delivery report. An alarm's message that was not delivered goes
// on to the contact's next channel. Reports on messages sent before a restart
// are not matched: the ledger keeps them as sent.
func (d *Desk) Report(now point.Instant, r Report) {
	d.now = now
	if !d.report(r) {
		d.early = append(d.early, r)
		d.early = d.early[max(0, len(d.early)-earlyLimit):]
	}
}

func (d *Desk) matchEarly() {
	d.early = slices.DeleteFunc(d.early, d.report)
}

// report applies r to the newest message with its reference, and tells whether
// there is one.
func (d *Desk) report(r Report) bool {
	for i := len(d.await) - 1; i >= 0; i-- {
		a := d.await[i]
		if a.entry.Channel != r.Channel || a.entry.Reference != r.Reference {
			continue
		}
		d.await = slices.Delete(d.await, i, i+1)
		if r.Delivered {
			a.entry.State, a.entry.Delivered = "delivered", d.now.Wall
			d.recordMessage(event.MessageDelivered, a.entry, a.notices, "")
		} else {
			d.undelivered(&a, r.Why)
		}
		d.output.Ledger = append(d.output.Ledger, a.entry)
		return true
	}
	return false
}

func (d *Desk) undelivered(a *awaited, why string) {
	a.entry.State, a.entry.Why = "failed", clip(why, 200)
	d.recordMessage(event.MessageFailed, a.entry, a.notices, why)
	for _, n := range a.notices {
		if n.kind != raised || n.e.quiet() {
			continue
		}
		n.e.tell(n.contact, n.channel).Sent = false
		if n.leg.Done && slices.Contains(n.e.Legs, n.leg) {
			n.leg.Done = false
			d.fail(n.e, n.leg)
		}
	}
}
