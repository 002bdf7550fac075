package annunciate

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// A relay follows the alarms that its annunciator names: on while one of them is
// active or latched. It is tied to alarms on purpose: what else it should follow (hours, an
// expression) is said by an alarm rule, and everybody sees why it clicked.
//
// In this order: the alarm has stood for delay; then minimum-off and the
// interlock must allow it on; on, it stays for minimum-on, or for pulse, which is
// counted from the moment when it really goes on. A pulse is owed once for each raise while the
// alarm stands; a raise during a pulse lengthens it. An alarm that stood before
// a restart was raised once: it gets no second pulse.
//
// Of interlocked relays at most one is on, and between two of them all are off
// for changeover. The one that is on stays; of those that wait the first in the
// site file goes on. A relay counts as on while its feedback says so.
//
// After a start every timer begins again: minimum-off runs from the start, for
// nobody knows when the compressor behind it lost its power.

// changeover is how long a relay is off before one that excludes it goes on: the
// slowest contactors open in a tenth of a second.
const changeover = 500 * time.Millisecond

// patience is how long a pulse waits for the store to say whether its raise was
// one: what was raised before the restart is no raise.
const patience = 5 * time.Second

// contact is the state of one relay.
type contact struct {
	on    bool
	moved time.Duration // on or off since then
	turns time.Duration // when to look again
	begun bool          // moved means something

	asked time.Duration // its alarm stands since then, seen from here
	asks  bool
	raise time.Duration // newest raise of what stands
	given time.Duration // newest raise that got its pulse
	until time.Duration // end of the running pulse

	excludes []*output
}

// checkRelay refuses what only a relay can do, and what cannot be kept together.
func (a *Annunciator) checkRelay() error {
	bare := a.Delay == 0 && a.Pulse == 0 && a.MinimumOn == 0 && a.MinimumOff == 0 && len(a.Interlock) == 0
	switch {
	case a.Kind != "relay" && !bare:
		return fmt.Errorf("kind %s: delay, pulse, minimum-on, minimum-off and interlock are for relays", a.Kind)
	case a.Pulse > 0 && a.Pulse < a.MinimumOn:
		return fmt.Errorf("pulse %v: want at least minimum-on %v", a.Pulse, a.MinimumOn)
	case a.Delay < 0 || a.Pulse < 0 || a.MinimumOn < 0 || a.MinimumOff < 0:
		return fmt.Errorf("a negative time: want 0 or more")
	}
	return nil
}

// pair lets each relay know those that exclude it, whichever of them says so.
func (p *Planner) pair() {
	for _, o := range p.outputs {
		o.contact.excludes = nil
	}
	for _, o := range p.outputs {
		for _, q := range p.outputs {
			if o != q && o.Kind == "relay" && q.Kind == "relay" && (slices.Contains(o.Interlock, q.ID) || slices.Contains(q.Interlock, o.ID)) {
				o.contact.excludes = append(o.contact.excludes, q)
			}
		}
	}
}

// Settle says that the retained state is merged in: what stood before the start
// is known, and from now on outputs that shall be off are driven off. Pulses wait
// for it for patience, interlocked relays until it comes: a line may still hold
// what the last run left on it.
func (p *Planner) Settle(now point.Instant) {
	p.start(now)
	p.settled = true
	if p.wall != nil {
		p.wall.stale = true
	}
	for _, o := range p.outputs {
		if !o.contact.on {
			o.contact.moved = now.Mono
		}
	}
}

// start notes the first use.
func (p *Planner) start(now point.Instant) time.Duration {
	if p.began == 0 {
		p.began = now.Mono
	}
	return p.began
}

// raises notes what its alarms ask of a relay. Raises of an earlier run count for
// no pulse.
func (o *output) raises(now point.Instant) {
	if o.Kind != "relay" {
		return
	}
	c := &o.contact
	if o.lit > 0 && !c.asks {
		c.asked = now.Mono
	}
	c.asks, c.raise = o.lit > 0, o.asks.raise
}

// switchRelays moves every relay: first those that go off, then, in the order of
// the site file, those that may go on.
func (p *Planner) switchRelays(now, began time.Duration) {
	for _, o := range p.outputs {
		c := &o.contact
		if !c.begun {
			c.begun, c.moved = true, now
		}
		c.turns = point.Never
		if c.on {
			c.turns = o.release(now)
		}
	}
	for _, o := range p.outputs {
		if c := &o.contact; o.Kind == "relay" && !c.on {
			c.turns = min(c.turns, p.attract(o, now, began))
		}
	}
}

// release lets the relay go off when nothing keeps it on, and tells when to look.
func (o *output) release(now time.Duration) time.Duration {
	c := &o.contact
	if c.raise > c.given { // raised again
		c.given, c.until = c.raise, now+o.Pulse
	}
	end := now
	switch {
	case o.Pulse > 0:
		end = c.until
	case c.asks:
		return point.Never
	}
	if end = max(end, c.moved+o.MinimumOn); end > now {
		return end
	}
	c.on, c.moved = false, now
	return point.Never
}

// attract lets the relay go on when its alarm asks and nothing forbids it, and
// tells when to look.
func (p *Planner) attract(o *output, now, began time.Duration) time.Duration {
	c := &o.contact
	if !c.asks || o.Pulse > 0 && c.raise <= c.given {
		return point.Never
	}
	from := c.asked
	if o.Pulse > 0 {
		if from = max(from, c.raise); !p.settled {
			from = max(from, began+patience-o.Delay)
		}
	}
	from = max(from+o.Delay, p.free(o))
	if o.MinimumOff > 0 {
		from = max(from, c.moved+o.MinimumOff)
	}
	if from > now {
		return from
	}
	c.on, c.moved = true, now
	c.given, c.until = max(c.given, c.raise), now+o.Pulse
	return o.release(now)
}

// free is when the interlock lets the relay on; Never while another one is on.
func (p *Planner) free(o *output) (from time.Duration) {
	for _, q := range o.contact.excludes {
		if !p.settled || q.contact.on || q.feedback.known && q.feedback.on {
			return point.Never
		}
		from = max(from, q.contact.moved+changeover)
	}
	return from
}
