package dialout

import (
	"cmp"
	"fmt"
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

// kind of a notice.
type kind uint8

const (
	raised kind = iota
	cleared
	answer // to a reply
	trial
)

// notice is one thing that one contact is to hear by one channel.
type notice struct {
	kind     kind
	e        *escalation // for raised and cleared
	leg      *leg        // for raised
	contact  string
	channel  string
	priority int
	text     point.Words // for an answer
	saidOver bool        // the text said that it cleared meanwhile
	quiet    bool        // an answer about a silent alarm
}

func (n *notice) silent() bool { return n.quiet || n.e != nil && n.e.Alarm.Silent }

// fate says what becomes of a notice now.
type fate uint8

const (
	send fate = iota
	hold      // the alarm cleared a moment ago and may come back
	drop
)

func (n *notice) fate() fate {
	switch {
	case n.kind != raised:
		return send
	case n.e.quiet():
		return drop
	case n.e.held():
		return hold
	}
	return send
}

// rank orders letters: alarms by priority, answers, then the all-clears.
func (n *notice) rank() int {
	switch n.kind {
	case raised:
		return n.priority
	case answer, trial:
		return 5
	}
	return 5 + n.priority
}

// letter is one message from its writing to its end: one notice, or several
// joined into a summary.
type letter struct {
	seq      uint64
	contact  string
	channel  string
	notices  []*notice
	attempt  int
	due      time.Duration
	inflight bool
	leaseAt  time.Duration
	code     string
	entry    Entry // as the ledger last saw it; ID is empty before the first attempt
}

func (l *letter) rank() int {
	r := 100
	for _, n := range l.notices {
		r = min(r, n.rank())
	}
	return r
}

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

func (d *Desk) letter(contact, channel string, notices []*notice) {
	d.sequence++
	d.letters = append(d.letters, &letter{seq: d.sequence, contact: contact, channel: channel, notices: notices, due: d.now.Mono})
	d.spent[contact] = append(d.spent[contact], d.now.Mono)
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

// hand gives the channels as many letters as they hold, the most urgent first.
func (d *Desk) hand() {
	slices.SortStableFunc(d.letters, func(a, b *letter) int {
		return cmp.Or(a.rank()-b.rank(), cmp.Compare(a.seq, b.seq))
	})
	held := map[string]int{}
	for _, l := range d.letters {
		if l.inflight {
			held[l.channel]++
		}
	}
	for _, l := range slices.Clone(d.letters) {
		if l.inflight || l.due > d.now.Mono || !d.fit(l) {
			continue
		}
		if held[l.channel] < window {
			held[l.channel]++
			d.handOut(l)
		}
	}
}

// fit takes out the notices that nobody is to hear any more and tells whether
// the letter may go now.
func (d *Desk) fit(l *letter) bool {
	l.notices = slices.DeleteFunc(l.notices, func(n *notice) bool { return n.fate() == drop })
	if len(l.notices) == 0 {
		d.discard(l)
		return false
	}
	return slices.ContainsFunc(l.notices, func(n *notice) bool { return n.fate() == send })
}

func (d *Desk) discard(l *letter) {
	d.letters = slices.DeleteFunc(d.letters, func(o *letter) bool { return o == l })
	if l.entry.ID != "" && l.entry.State == "queued" {
		l.entry.State, l.entry.Why = "failed", cmp.Or(l.entry.Why, "no longer needed")
		d.output.Ledger = append(d.output.Ledger, l.entry)
	}
}

// handOut makes the message of a letter's next attempt.
func (d *Desk) handOut(l *letter) {
	to := d.address(l.contact, l.channel)
	l.attempt++
	if to == "" {
		d.finish(l, "no such contact, channel or address any more")
		return
	}
	m := d.compose(l)
	if l.entry.ID == "" {
		l.entry.ID = d.messageID()
		l.entry.Queued = d.now.Wall
	}
	m.ID, m.Channel, m.Contact, m.To, m.Attempt, m.Due = l.entry.ID, l.channel, l.contact, to, l.attempt, d.now
	l.inflight, l.leaseAt = true, d.now.Mono+lease
	l.entry.Channel, l.entry.Contact, l.entry.To, l.entry.Text = l.channel, l.contact, to, m.Text
	l.entry.Silent = slices.ContainsFunc(l.notices, (*notice).silent)
	l.entry.Alarm, l.entry.Code, l.entry.Attempts, l.entry.State = m.Alarm, m.Code, l.attempt, "queued"
	d.output.Messages = append(d.output.Messages, m)
	d.output.Ledger = append(d.output.Ledger, l.entry)
}

// messageID is unique for ever: no two hand-outs of one boot share the
// monotonic nanosecond and the count.
func (d *Desk) messageID() string {
	d.sequence++
	return fmt.Sprintf("%.8s-%x-%d", d.now.Boot, int64(d.now.Mono), d.sequence)
}

// tickLetters gives up on channels that never said what became of a message.
func (d *Desk) tickLetters() {
	for _, l := range slices.Clone(d.letters) {
		if l.inflight && l.leaseAt <= d.now.Mono {
			d.Failed(d.now, l.entry.ID, "channel did not answer", true)
		}
	}
}

// forget drops what is older than an hour.
func (d *Desk) forget() {
	for len(d.past) > 0 && (d.past[0].endedAt+memory <= d.now.Mono || len(d.past) > 2*capacity) {
		d.dropRetained(d.past[0])
		d.past = d.past[1:]
	}
}
