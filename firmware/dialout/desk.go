package dialout

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// The Desk's fixed times and bounds.
const (
	settle   = 10 * time.Second // an alarm that comes back within it was never over: no "cleared", no second "raised"
	memory   = time.Hour        // how long an ended escalation still answers replies
	lease    = 5 * time.Minute  // a channel that does not say what became of a message has failed
	window   = 8                // messages that one channel holds at once; the rest waits here, where it can still be called back
	capacity = 512              // escalations that are followed at once; further raises are recorded as not sent
)

// The drivers of channels, as the site file names them. Only a modem hears
// replies; mail goes to Contact.Mail, the others to Contact.Phone.
const (
	Modem   = "modem"
	Mail    = "smtp"
	Gateway = "sms-gateway"
)

// MessageUnanswered is the record of an escalation that went through the whole
// list, as often as the plan says, and nobody acknowledged. The alarm stands on.
const MessageUnanswered event.Type = "message.unanswered"

// Site is what messages say about the place.
type Site struct {
	ID    string
	Label point.Words
	Rooms map[string]point.Words
	Zone  *time.Location // of the times in messages; nil is UTC
	// Brief is the device of a point in one line, as it is now; empty where nothing
	// is known of it. It never blocks; nil knows nothing.
	Brief func(point.Name) point.Words
}

// Desk decides who is told. It is pure: no clock, no goroutine, never blocks;
// one goroutine uses it. After every input the owner calls Take, and calls Tick
// when the monotonic clock reaches Next.
//
// An alarm that clears within 10 s of its raise and comes back is one alarm: the
// "cleared" message waits so long. Three messages to one contact by one channel
// within a minute go one by one; what follows is gathered (2 s for priority 1,
// 10 s for others) into one summary, the worst first. A channel holds at most
// eight messages; the rest waits in the Desk, where an acknowledgement still
// calls it back. While nobody at all could be told, the list is gone through
// again without end, one round per Plan.Wait at most.
type Desk struct {
	plan     Plan
	site     Site
	contacts map[string]Contact
	channels map[string]string

	now      point.Instant
	serial   uint64 // of escalations
	sequence uint64 // of letters and message ids
	code     int    // the last one given

	open    map[string]*escalation // by alarm key
	past    []*escalation          // ended, remembered for an hour, oldest first
	letters []*letter
	boxes   map[pair]*mailbox
	spent   map[string][]time.Duration // per contact: when its messages of the last hour were made
	await   []awaited                  // sent, a delivery report may come
	early   []Report                   // reports that came before the receipt

	output Output
}

// NewDesk makes a Desk. channels maps each channel's id to its driver. The plan
// has its defaults applied by config; a zero Wait, HourlyCap or Upto is given its default here.
func NewDesk(plan Plan, contacts []Contact, channels map[string]string, site Site) *Desk {
	d := &Desk{
		open:  map[string]*escalation{},
		boxes: map[pair]*mailbox{},
		spent: map[string][]time.Duration{},
	}
	d.Reload(plan, contacts, channels, site)
	return d
}

// Reload takes over a new configuration; escalations under way go on with it
// from the step after the one that was begun.
func (d *Desk) Reload(plan Plan, contacts []Contact, channels map[string]string, site Site) {
	if plan.Wait <= 0 {
		plan.Wait = 3 * time.Minute
	}
	if plan.HourlyCap <= 0 {
		plan.HourlyCap = 60
	}
	if plan.Upto <= 0 {
		plan.Upto = 3
	}
	if site.Zone == nil {
		site.Zone = time.UTC
	}
	d.plan, d.site, d.channels = plan, site, channels
	d.contacts = make(map[string]Contact, len(contacts))
	for _, c := range contacts {
		d.contacts[c.ID] = c
	}
}

// Number gives final ids to occurrences that were raised before the journal was open.
func (d *Desk) Number(final func(event.ID) event.ID) {
	for _, e := range d.open {
		e.Alarm.Occurrence, e.dirty = final(e.Alarm.Occurrence), true
	}
}

// Test queues one trial message to a contact by one channel and tells whether
// there is such a contact, channel and address.
func (d *Desk) Test(now point.Instant, contact, channel string) bool {
	d.now = now
	if d.address(contact, channel) == "" {
		return false
	}
	d.write(&notice{kind: trial, contact: contact, channel: channel, priority: 3})
	return true
}

// Tick does what is due at now.
func (d *Desk) Tick(now point.Instant) {
	d.now = now
	for _, e := range d.ordered() {
		d.tickEscalation(e)
	}
	d.tickLetters()
	d.flush()
	d.forget()
}

// Next is the monotonic time of the next deadline, or point.Never.
func (d *Desk) Next() time.Duration {
	next := point.Never
	for _, e := range d.open {
		next = min(next, e.settleAt)
		if !e.held() {
			next = min(next, e.dueAt)
		}
	}
	for _, l := range d.letters {
		switch {
		case l.inflight:
			next = min(next, l.leaseAt)
		case l.due > d.now.Mono:
			next = min(next, l.due)
		}
	}
	for _, b := range d.boxes {
		next = min(next, b.flushAt)
	}
	if len(d.past) > 0 {
		next = min(next, d.past[0].endedAt+memory)
	}
	return next
}

// Take returns what is to be done now and forgets it. Messages of the most
// urgent alarms come first.
func (d *Desk) Take() Output {
	d.hand()
	d.retain()
	out := d.output
	d.output = Output{}
	return out
}
