package zone

import (
	"slices"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// passage is somebody who was let through and is counted when the door opens.
type passage struct {
	who   string // empty for a card that nobody knows
	way   way
	until time.Duration
}

// grant opens the door for the holder of the card, and for those with him.
func (p *Panel) grant(now point.Instant, d *door, card, holder string, with ...string) {
	label, detail := title(d.Label, d.ID), map[string]string{"card": card}
	zh, en := label.Zh+" 放行 "+holder, label.En+" granted to "+holder
	for _, other := range with {
		detail["with"] = other
		zh, en = zh+"（与 "+other+" 一起）", en+", with "+other
	}
	all := append([]string{holder}, with...)
	if seen := p.passedBack(now, d, all); seen != "" {
		detail["passback"] = seen
		zh, en = zh+"，名单上已在里面", en+", who is inside by the list"
	}
	p.release(now, d, holder, card)
	p.doorRecord(now, d, event.DoorGranted, holder, zh, en, detail)
	for _, who := range all {
		p.let(now, d, passage{who, inward, d.allowed})
	}
}

// passedBack is inside or unsure when one of them is on the list although the
// door keeps one; empty while a fire zone is in alarm.
func (p *Panel) passedBack(now point.Instant, d *door, all []string) (seen string) {
	if d.AntiPassback != "soft" && d.AntiPassback != "hard" || p.burning {
		return ""
	}
	for _, who := range all {
		if s := p.listed(now, d, who); s != "" && seen != "inside" {
			seen = s
		}
	}
	return seen
}

// leave lets a person out, whoever he is and whatever his card says: the box
// never blocks a way out.
func (p *Panel) leave(now point.Instant, d *door, holder, number string) {
	label, detail := title(d.Label, d.ID), map[string]string{"card": shownCard(number, holder != ""), "reader": "exit"}
	if d.Area != "" && p.listed(now, d, holder) == "" {
		detail["unlisted"] = "true"
	}
	if o := p.locked(now, d); o != nil {
		detail["interlock"] = o.ID // the way in waits for it, the way out does not
	}
	p.release(now, d, holder, Masked(number))
	p.doorRecord(now, d, event.DoorExit, holder, label.Zh+"：刷卡出门 "+person(holder, "zh"), label.En+": "+person(holder, "en")+" left by card", detail)
	p.let(now, d, passage{holder, outward, d.allowed})
}

// release pulses the strike: from now on opening is in order.
func (p *Panel) release(now point.Instant, d *door, holder, card string) {
	d.allowed = max(d.allowed, now.Mono+d.Unlock)
	if holder != "" {
		d.last = Grant{Door: d.ID, Who: holder, Card: card, At: now}
	}
	if d.Strike != "" {
		p.pulses = append(p.pulses, Pulse{d.ID, d.Strike, d.Unlock})
	}
}

// let notes who passes when the door opens; at once where nobody would see that.
func (p *Panel) let(now point.Instant, d *door, g passage) {
	if d.unseen() {
		p.move(now, d, g)
		return
	}
	d.passing = append(slices.DeleteFunc(d.passing, func(x passage) bool { return x.until <= now.Mono || x.who == g.who }), g)
}

// passed counts those for whom the door opens. Where it opens for nobody somebody
// passed all the same, and no card says who.
func (p *Panel) passed(now point.Instant, d *door) {
	somebody := false
	for _, g := range d.passing {
		if now.Mono < g.until {
			p.move(now, d, g)
			somebody = true
		}
	}
	if d.passing = nil; !somebody {
		p.doubt(d)
	}
}
