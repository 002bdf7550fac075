package zone

import (
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// opening is what made it right to open a door.
type opening int

const (
	unseenOpening opening = iota // it stood open when its contact was read for the first time
	noOpening                    // nothing did
	timedOpening                 // a card or the exit button, shortly before
	heldOpening                  // the exit button is held down
	freeOpening                  // a fire zone is in alarm
)

// contact takes a sample of the door's contact: true is open.
func (p *Panel) contact(now point.Instant, d *door, s point.Sample) {
	bad := !s.Quality.Usable() || s.Value.IsNone()
	if p.sensed(d.key(), &d.sense, bad); bad {
		return
	}
	first, open, feigned := !d.known, s.Value.Truth(), p.simulated || d.simulated // what ends a simulated opening is one too
	if !first && open == d.open {
		p.comesTrue(now, d)
		return
	}
	d.known, d.open, d.opening, d.simulated = true, open, unseenOpening, p.simulated
	switch {
	case open && first && !d.forced && !d.held:
		p.clock(now, d) // how it was opened nobody knows
	case open && first:
	case open:
		p.opened(now, d)
	case first:
		d.forced, d.held = false, false
		p.dirty["door:"+d.ID] = true
	default:
		p.as(feigned, func() { p.closed(now, d) })
	}
	p.tellDoor(d, first)
}

// comesTrue: a door that was simulated open is found open, and who was let through
// has passed.
func (p *Panel) comesTrue(now point.Instant, d *door) {
	if d.open && d.simulated && !p.simulated {
		d.simulated = false
		p.passed(now, d)
		p.tellDoor(d, false)
	}
}

// clock begins the time that the door may stand open. While a fire zone is in
// alarm it does not run.
func (p *Panel) clock(now point.Instant, d *door) {
	d.warnAt, d.heldAt = point.Never, point.Never
	if p.burning {
		return
	}
	d.heldAt = now.Mono + d.HeldOpen
	if warn := min(d.Warn, d.HeldOpen/2); warn > 0 {
		d.warnAt = d.heldAt - warn
	}
}

// opened judges whether somebody was let through, and counts who. By a simulated
// opening nobody passes.
func (p *Panel) opened(now point.Instant, d *door) {
	p.clock(now, d)
	if !p.simulated {
		p.passed(now, d)
	}
	if d.opening = p.allowance(now, d); d.opening != noOpening {
		return
	}
	d.forced, d.warnAt, d.heldAt = true, point.Never, point.Never
	label := title(d.Label, d.ID)
	p.doorRecord(now, d, event.DoorForced, "", label.Zh+"：无授权打开", label.En+" opened without a grant", d.lastDetail())
}

// allowance is what makes it right to open the door now.
func (p *Panel) allowance(now point.Instant, d *door) opening {
	switch {
	case p.burning:
		return freeOpening
	case d.pressed:
		return heldOpening
	case now.Mono < d.allowed:
		return timedOpening
	}
	return noOpening
}

// closed ends what the open door was about, and the grant with it; whoever was let
// through a door that was only simulated open has still to pass.
func (p *Panel) closed(now point.Instant, d *door) {
	if d.forced || d.held {
		label := title(d.Label, d.ID)
		p.doorRecord(now, d, event.DoorClosed, "", label.Zh+" 已关闭", label.En+" closed", nil)
	}
	d.warned, d.forced, d.held, d.warnAt, d.heldAt = false, false, false, point.Never, point.Never
	if p.simulated {
		return
	}
	if d.Strike != "" && now.Mono < d.allowed {
		p.pulses = append(p.pulses, Pulse{Door: d.ID, Output: d.Strike}) // locked behind who passed
	}
	if d.passing = nil; !d.pressed {
		d.allowed = 0
	}
}

// stay ends the times of a door that are over at now.
func (p *Panel) stay(now point.Instant, d *door) {
	p.as(d.simulated, func() { p.stand(now, d) })
	if d.waiting.until <= now.Mono {
		p.alone(now, d)
	}
}

// stand ends the times of an open door.
func (p *Panel) stand(now point.Instant, d *door) {
	label := title(d.Label, d.ID)
	if d.warnAt <= now.Mono {
		d.warnAt, d.warned = point.Never, true
		p.doorRecord(now, d, event.DoorWarned, d.last.Who, label.Zh+"：即将开门超时，请关门", label.En+" is open for long: close it", nil)
	}
	if d.heldAt <= now.Mono {
		d.heldAt, d.warned, d.held = point.Never, false, true
		p.doorRecord(now, d, event.DoorHeld, d.last.Who, label.Zh+"：开门超时", label.En+" held open", d.lastDetail())
		p.tellDoor(d, false)
	}
}

// exit takes a sample of the exit button. The button itself frees the lock.
func (p *Panel) exit(now point.Instant, d *door, s point.Sample) {
	if !s.Quality.Usable() || s.Value.IsNone() {
		d.pressed = false
		return
	}
	was := d.pressed
	d.pressed = s.Value.Truth()
	switch {
	case d.pressed && !was:
		label := title(d.Label, d.ID)
		p.doorRecord(now, d, event.DoorExit, "", label.Zh+"：出门按钮", label.En+": exit button", nil)
		if d.unseen() {
			p.doubt(d)
		}
	case was && !d.pressed:
		d.allowed = max(d.allowed, now.Mono+d.Unlock)
	}
}
