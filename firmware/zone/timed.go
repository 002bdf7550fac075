package zone

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Calendars answer whether a calendar of the site holds; known is false while
// nobody vouches for the clock. Next is how long until that changes.
type Calendars interface {
	Holds(id string, at point.Instant) (on, known bool)
	Next(id string, at point.Instant) time.Duration
}

// recheck is how often a calendar whose clock is unknown is asked again.
const recheck = time.Minute

// timed follows one calendar of a partition.
type timed struct {
	on, known bool
	next      time.Duration // monotonic
	noticed   bool
}

// follow asks the calendar when it is due. began and ended are true at the
// moment of a change; the first answer after a start changes nothing.
func (t *timed) follow(now point.Instant, c Calendars, id string) (began, ended bool) {
	if id == "" || c == nil {
		t.next = point.Never
		return false, false
	}
	if now.Mono < t.next {
		return false, false
	}
	on, known := c.Holds(id, now)
	wait := recheck
	if known {
		if n := c.Next(id, now); n < point.Never-now.Mono {
			wait = max(n, time.Second)
		} else {
			wait = 24 * time.Hour
		}
	}
	began, ended = known && t.known && on && !t.on, known && t.known && !on && t.on
	if known {
		t.on, t.known = on, true
	}
	t.next, t.noticed = now.Mono+wait, false
	return began, ended
}

// calendars arms and disarms by the calendar, and tells who closes late.
func (p *Panel) calendars(now point.Instant, a *area) {
	book := p.definition.Calendars
	p.notice(now, a)
	began, ended := a.auto.follow(now, book, a.ArmedBy)
	switch {
	case p.definition.Replay: // the journal tells who armed
	case began && a.mode == Disarmed:
		_ = p.arm(now, a, Order{Actor: "calendar", Mode: Away}, true) // by force: it cannot be refused
	case ended && a.AutoDisarm && a.mode != Disarmed:
		p.disarm(now, a, "calendar")
	}
	late, over := a.lateness.follow(now, book, a.Late)
	if late && a.mode == Disarmed {
		p.tell(now, a, event.PartitionLate, "box", "：已到布防时间，仍未布防", " should be armed by now, and is not")
		a.late = true
		p.signal(a.key()+"/late", true, point.Words{})
	}
	if over {
		p.notLate(a)
	}
}

// notLate ends the alarm about a partition that should have been armed.
func (p *Panel) notLate(a *area) {
	if a.late {
		a.late = false
		p.signal(a.key()+"/late", false, point.Words{})
	}
}

// notice warns before the calendar arms, so that whoever works late can leave or
// disarm.
func (p *Panel) notice(now point.Instant, a *area) {
	t := &a.auto
	if !t.known || t.on || t.noticed || a.ArmedBy == "" || a.Notice <= 0 || a.mode != Disarmed || now.Mono < t.next-a.Notice || now.Mono >= t.next {
		return
	}
	t.noticed = true
	p.tell(now, a, event.PartitionNotice, "calendar", "将在 "+a.Notice.String()+" 内自动布防", " will be armed within "+a.Notice.String())
}

// due is when calendars() has something to do.
func (a *area) due() time.Duration {
	d := point.Never
	if a.ArmedBy != "" {
		d = a.auto.next
		if a.auto.known && !a.auto.on && !a.auto.noticed && a.Notice > 0 && a.mode == Disarmed {
			d -= a.Notice
		}
	}
	if a.Late != "" {
		d = min(d, a.lateness.next)
	}
	return d
}
