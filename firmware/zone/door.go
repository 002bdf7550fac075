package zone

import (
	"encoding/json"
	"strings"
	"time"

	"watchbox/firmware/alarm"
	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// door is one door with its state. The box sees and records; the exit button
// and the fire contact free the lock by wire, whether the box lives or not.
type door struct {
	Door
	known, open          bool
	sense                              // whether its contact can be read
	pressed              bool          // the exit button is held down
	allowed              time.Duration // until then opening is in order
	warnAt, heldAt       time.Duration // then an open door is warned about, and held open; point.Never while closed
	warned, forced, held bool
	freed                bool      // by the fire contact
	simulated            bool      // what moved its contact last was a simulated value
	opening              opening   // how the door that stands open was opened
	last                 Grant     // the last card that was let through
	waiting              first     // of two persons
	wrong                int       // cards refused in a row
	passing              []passage // let through, and the door is not open yet
}

func adoptDoor(x Door, old []*door) *door {
	for _, id := range []string{x.ID, x.Was} {
		for _, d := range old {
			if id == "" || d.ID != id {
				continue
			}
			keep := *d
			keep.Door, keep.last.Door = x, x.ID
			if !x.TwoPerson {
				keep.waiting = first{}
			}
			if d.Contact != x.Contact {
				keep.sense = sense{}
				keep.known, keep.open, keep.warned, keep.forced, keep.held, keep.opening = false, false, false, false, false, unseenOpening
				keep.warnAt, keep.heldAt, keep.passing = point.Never, point.Never, nil
			}
			return &keep
		}
	}
	return &door{Door: x, last: Grant{Door: x.ID}, warnAt: point.Never, heldAt: point.Never}
}

func (p *Panel) installDoor(d *door) {
	p.doors = append(p.doors, d)
	p.inputs.listen(d.Contact, func(now point.Instant, s point.Sample) { p.contact(now, d, s) })
	p.inputs.listen(d.Exit, func(now point.Instant, s point.Sample) { p.exit(now, d, s) })
	if p.definition.Replay {
		return // the journal tells which cards were let through
	}
	p.readers.listen(d.Reader, func(now point.Instant, s point.Sample) { p.card(now, d, s, inward) })
	p.readers.listen(d.ExitReader, func(now point.Instant, s point.Sample) { p.card(now, d, s, outward) })
}

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

// opening is what made it right to open a door.
type opening int

const (
	unseenOpening opening = iota // it stood open when its contact was read for the first time
	noOpening                    // nothing did
	timedOpening                 // a card or the exit button, shortly before
	heldOpening                  // the exit button is held down
	freeOpening                  // a fire zone is in alarm
)

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

// next is when stay has something to do.
func (d *door) next() time.Duration {
	if d.waiting.who != "" {
		return min(d.warnAt, d.heldAt, d.waiting.until)
	}
	return min(d.warnAt, d.heldAt)
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

// unseen is true while nobody will see the door open: it stands open, or its
// contact cannot be read.
func (d *door) unseen() bool { return d.ajar() || d.trouble || !d.known }

// ajar is a door that stands open, and not by a simulated value.
func (d *door) ajar() bool { return d.open && !d.simulated }

func (p *Panel) doorRecord(now point.Instant, d *door, t event.Type, actor, zh, en string, detail map[string]string) {
	r := event.Record{Type: t, Subject: d.key(), Room: d.Room, Actor: actor, Text: point.Words{Zh: zh, En: en}}
	if detail != nil {
		r.Detail, _ = json.Marshal(detail) // a map of texts cannot fail
	}
	p.record(now, r)
	p.dirty["door:"+d.ID] = true
}

// tellDoor tells the alarm machine how the door is.
func (p *Panel) tellDoor(d *door, always bool) {
	if !d.known && !always {
		return
	}
	label := title(d.Label, d.ID)
	text := func(is bool, zh, en string) point.Words {
		if !is || d.last.Who == "" {
			return point.Words{}
		}
		return point.Words{Zh: label.Zh + zh + "，最后放行 " + d.last.Who, En: label.En + en + ", last granted to " + d.last.Who}
	}
	p.signals = append(p.signals,
		alarm.Signal{Key: d.key() + "/forced", Active: d.forced, Text: text(d.forced, "被强行打开", " forced open"), Simulated: d.simulated},
		alarm.Signal{Key: d.key() + "/held", Active: d.held, Text: text(d.held, "开门超时", " held open"), Simulated: d.simulated})
}

// state is closed, open, warned, forced, held or trouble.
func (d *door) state() string {
	switch {
	case d.forced:
		return "forced"
	case d.held:
		return "held"
	case d.trouble, !d.known:
		return "trouble"
	case d.warned:
		return "warned"
	case d.open:
		return "open"
	}
	return "closed"
}

// Masked shows the last four digits of a card: enough to tell, too little to copy.
func Masked(number string) string {
	r := []rune(number)
	if len(r) <= 4 {
		return strings.Repeat("*", len(r))
	}
	return "***" + string(r[len(r)-4:])
}

// shownCard is a card in the journal: an unknown one in full, so that it can be
// given to somebody.
func shownCard(number string, known bool) string {
	if known {
		return Masked(number)
	}
	return number
}
