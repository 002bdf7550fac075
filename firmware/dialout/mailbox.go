package dialout

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// The storm rule: what each contact gets singly by one channel, and how long
// the rest is gathered into a summary.
const (
	burst        = 3
	burstWindow  = time.Minute
	gatherUrgent = 2 * time.Second // priority 1
	gatherOther  = 10 * time.Second
)

type pair struct{ contact, channel string }

// mailbox is what one contact gets by one channel.
type mailbox struct {
	recent  []time.Duration // when letters were written, within burstWindow
	pending []*notice       // gathered; at most one of a kind per escalation
	flushAt time.Duration
}

// write takes a notice: it becomes a letter at once, or waits to be joined.
func (d *Desk) write(n *notice) {
	if n.kind == answer || n.kind == trial {
		if n.kind == trial || !d.capped(n.contact) {
			d.letter(n.contact, n.channel, []*notice{n})
		}
		return
	}
	key := pair{n.contact, n.channel}
	b := d.boxes[key]
	if b == nil {
		b = &mailbox{flushAt: point.Never}
		d.boxes[key] = b
	}
	b.recent = after(b.recent, d.now.Mono-burstWindow)
	over := d.capped(n.contact) && n.priority != 1
	if !over && len(b.pending) == 0 && len(b.recent) < burst {
		b.recent = append(b.recent, d.now.Mono)
		d.letter(n.contact, n.channel, []*notice{n})
		return
	}
	b.pending = append(b.pending, n)
	if over {
		b.flushAt = min(b.flushAt, d.freeAt(n.contact))
		return
	}
	wait := gatherOther
	if n.priority == 1 {
		wait = gatherUrgent
	}
	b.flushAt = min(b.flushAt, d.now.Mono+wait)
}

// flush turns what was gathered long enough into one letter per mailbox.
func (d *Desk) flush() {
	for _, key := range d.mailboxes() {
		b := d.boxes[key]
		if b.flushAt > d.now.Mono {
			continue
		}
		b.flushAt = point.Never
		b.pending = slices.DeleteFunc(b.pending, func(n *notice) bool { return n.fate() == drop })
		urgent := slices.ContainsFunc(b.pending, func(n *notice) bool { return n.priority == 1 })
		if len(b.pending) > 0 && d.capped(key.contact) && !urgent {
			b.flushAt = d.freeAt(key.contact)
			continue
		}
		if ready := b.ready(); len(ready) > 0 {
			b.recent = append(after(b.recent, d.now.Mono-burstWindow), d.now.Mono)
			d.letter(key.contact, key.channel, ready)
		}
	}
}

// mailboxes lists the keys in a fixed order.
func (d *Desk) mailboxes() []pair {
	return slices.SortedFunc(maps.Keys(d.boxes), func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.contact, b.contact), cmp.Compare(a.channel, b.channel))
	})
}

// ready takes out the notices that may go; those that wait for their alarm to
// settle stay.
func (b *mailbox) ready() (ready []*notice) {
	var rest []*notice
	for _, n := range b.pending {
		if n.fate() == hold {
			rest = append(rest, n)
			b.flushAt = min(b.flushAt, n.e.settleAt)
			continue
		}
		ready = append(ready, n)
	}
	b.pending = rest
	return ready
}

// capped is true when contact has had its messages of the hour.
func (d *Desk) capped(contact string) bool {
	d.spent[contact] = after(d.spent[contact], d.now.Mono-time.Hour)
	return len(d.spent[contact]) >= d.plan.HourlyCap
}

// freeAt is when contact may get the next message.
func (d *Desk) freeAt(contact string) time.Duration {
	s := d.spent[contact]
	return s[len(s)-d.plan.HourlyCap] + time.Hour + 1
}

// after drops what is not later than t; times are ascending.
func after(times []time.Duration, t time.Duration) []time.Duration {
	i, _ := slices.BinarySearch(times, t+1)
	return slices.Delete(times, 0, i)
}
