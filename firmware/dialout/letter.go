package dialout

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

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

func (d *Desk) letter(contact, channel string, notices []*notice) {
	d.sequence++
	d.letters = append(d.letters, &letter{seq: d.sequence, contact: contact, channel: channel, notices: notices, due: d.now.Mono})
	d.spent[contact] = append(d.spent[contact], d.now.Mono)
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
