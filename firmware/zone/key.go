package zone

import "watchbox/firmware/point"

// A key switch and the button of the last one out give orders by their contact.
// After a restart, and after a reading that was lost, the contact is read anew,
// and nobody may take that for a person's hand.

// moved is a reading of a control; saw is whether the reading before it told how
// the contact stood, before is how. What springs back speaks by a move that was
// seen, a key that stays by its position.
func (p *Panel) moved(now point.Instant, z *loop, saw, before bool) {
	switch {
	case !traits[z.Type].control, p.definition.Replay:
	case z.stays():
		p.position(now, z)
	case saw && z.violated && !before:
		p.turn(now, z)
	}
}

// stays is a key switch whose position is the wish: on is armed, off is disarmed.
func (z *loop) stays() bool { return z.Type == "key-switch" && z.Key == "level" }

// turn is a key that is turned and springs back, or the button with which the
// last one out ends the exit delay.
func (p *Panel) turn(now point.Instant, z *loop) {
	switch a := z.area; {
	case z.Type == "exit-button":
		if a.mode == Exiting {
			p.expire(now, a)
		}
	case a.mode == Disarmed:
		p.wish(now, z, true)
	default:
		p.wish(now, z, false)
	}
}

// The positions of a key that stays, as they are kept over a restart.
const (
	keyOff = "off"
	keyOn  = "on"
)

// position obeys a key that stays when it stands otherwise than when it was last
// read, also when it was turned while the box was dead. The first position of all
// is no order: nobody knows which one it had before.
func (p *Panel) position(now point.Instant, z *loop) {
	was, is := z.position, keyOff
	if z.violated {
		is = keyOn
	}
	if is == was {
		return
	}
	z.position = is
	p.dirty["zone:"+z.ID] = true
	if was != "" {
		p.wish(now, z, is == keyOn)
	}
}

// wish is what a key says. One that is armed already, in whatever way, stays so.
func (p *Panel) wish(now point.Instant, z *loop, armed bool) {
	a, actor := z.area, title(z.Label, z.ID).Zh
	switch {
	case !armed:
		p.disarm(now, a, actor)
	case a.mode == Disarmed:
		_ = p.arm(now, a, Order{Actor: actor, Mode: Away}, false) // a refusal is recorded with its reasons
	}
}

// restorePosition merges where a key that stays stood when the box died. Call it
// once its partition is restored.
func (p *Panel) restorePosition(now point.Instant, z *loop, kept string) {
	if !z.stays() || kept != keyOff && kept != keyOn {
		return
	}
	read := z.position != ""
	if z.position = kept; read {
		p.position(now, z) // it was read before the state of the last run was there
	}
}
