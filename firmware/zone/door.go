package zone

import (
	"encoding/json"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// door is one door with its state. The box sees and records; the exit button
// and the fire contact free the lock by wire, whether the box lives or not.
type door struct {
	Door
	known, open, trouble bool
	pressed              bool          // the exit button is held down
	allowed              time.Duration // until then opening is in order
	heldAt               time.Duration // then an open door is held open; point.Never while closed
	forced, held         bool
	who, card            string       // of the last grant; card is masked
	heard                point.Sample // the last card
}

func adoptDoor(x Door, old []*door) *door {
	for _, id := range []string{x.ID, x.Was} {
		for _, d := range old {
			if id == "" || d.ID != id {
				continue
			}
			keep := *d
			keep.Door = x
			if d.Contact != x.Contact {
				keep.known, keep.open, keep.forced, keep.held, keep.heldAt = false, false, false, false, point.Never
			}
			return &keep
		}
	}
	return &door{Door: x, heldAt: point.Never}
}

func (p *Panel) installDoor(d *door) {
	p.doors = append(p.doors, d)
	p.listen(d.Contact, func(now point.Instant, s point.Sample) { p.contact(now, d, s) })
	p.listen(d.Exit, func(now point.Instant, s point.Sample) { p.exit(now, d, s) })
	p.listen(d.Reader, func(now point.Instant, s point.Sample) { p.card(now, d, s) })
}

// contact takes a sample of the door's contact: true is open.
func (p *Panel) contact(now point.Instant, d *door, s point.Sample) {
	bad := !s.Quality.Usable() || s.Value.IsNone()
	if bad != d.trouble || !d.known {
		d.trouble = bad
		p.signal(d.key()+"/trouble", bad, point.Words{})
	}
	if bad {
		return
	}
	first, open := !d.known, s.Value.Truth()
	if !first && open == d.open {
		return
	}
	d.known, d.open = true, open
	switch {
	case open && first && !d.forced && !d.held:
		d.heldAt = now.Mono + d.HeldOpen // how it was opened nobody knows
	case open && first:
	case open:
		p.opened(now, d)
	case first:
		d.forced, d.held = false, false
		p.dirty["door:"+d.ID] = true
	default:
		p.closed(now, d)
	}
	p.tellDoor(d, first)
}

// opened judges whether somebody was let through.
func (p *Panel) opened(now point.Instant, d *door) {
	d.heldAt = now.Mono + d.HeldOpen
	if d.pressed || now.Mono < d.allowed || p.fire() {
		return
	}
	d.forced, d.heldAt = true, point.Never
	label := title(d.Label, d.ID)
	p.doorRecord(now, d, event.DoorForced, "", label.Zh+"：无授权打开", label.En+" opened without a grant", nil)
}

// fire is true while a fire zone is in alarm: its contact has freed the locks.
func (p *Panel) fire() bool {
	for _, z := range p.zones {
		if z.Type == "fire" && z.violated {
			return true
		}
	}
	return false
}

// closed ends what the open door was about, and the grant with it.
func (p *Panel) closed(now point.Instant, d *door) {
	if d.forced || d.held {
		label := title(d.Label, d.ID)
		p.doorRecord(now, d, event.DoorClosed, "", label.Zh+" 已关闭", label.En+" closed", nil)
	}
	d.forced, d.held, d.heldAt = false, false, point.Never
	if !d.pressed {
		d.allowed = 0
	}
}

// hold: the door has been open for too long.
func (p *Panel) hold(now point.Instant, d *door) {
	d.heldAt, d.held = point.Never, true
	label := title(d.Label, d.ID)
	p.doorRecord(now, d, event.DoorHeld, d.who, label.Zh+"：开门超时", label.En+" held open", nil)
	p.tellDoor(d, false)
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
	case was && !d.pressed:
		d.allowed = max(d.allowed, now.Mono+d.Unlock)
	}
}

// cardLimit bounds what a reader may call a card number, in bytes.
const cardLimit = 64

// card takes a card that the reader has heard: an event, never taken twice.
func (p *Panel) card(now point.Instant, d *door, s point.Sample) {
	number := s.Value.String()
	if !s.Quality.Usable() || s.Value.Kind() != point.Text || number == "" || len(number) > cardLimit || p.repeated(d, s) {
		return
	}
	holder, why := "", "unknown card"
	if p.definition.Admit != nil {
		holder, why = p.definition.Admit(d.ID, number, now)
	}
	label := title(d.Label, d.ID)
	if why != "" {
		p.doorRecord(now, d, event.DoorDenied, holder, label.Zh+" 拒绝 "+person(holder, "zh")+"："+inChinese(why), label.En+" denied "+person(holder, "en")+": "+why,
			map[string]string{"card": shownCard(number, holder != ""), "reason": why})
		return
	}
	d.allowed, d.who, d.card = now.Mono+d.Unlock, holder, masked(number)
	p.doorRecord(now, d, event.DoorGranted, holder, label.Zh+" 放行 "+holder, label.En+" granted to "+holder, map[string]string{"card": d.card})
	if d.Strike != "" {
		p.pulses = append(p.pulses, Pulse{d.ID, d.Strike, d.Unlock})
	}
}

// repeated is true for a sample that was heard before: the table's newest one,
// told again after a reload, must not open a door.
func (p *Panel) repeated(d *door, s point.Sample) bool {
	stale := p.since != (point.Instant{}) && s.At.Boot == p.since.Boot && s.At.Mono < p.since.Mono
	if stale || s == d.heard && s.At != (point.Instant{}) {
		return true
	}
	d.heard = s
	return false
}

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
	p.signal(d.key()+"/forced", d.forced, point.Words{})
	text := point.Words{}
	if d.held && d.who != "" {
		text = point.Words{Zh: label.Zh + "开门超时，最后放行 " + d.who, En: label.En + " held open, last granted to " + d.who}
	}
	p.signal(d.key()+"/held", d.held, text)
}

// state is closed, open, forced, held or trouble.
func (d *door) state() string {
	switch {
	case d.forced:
		return "forced"
	case d.held:
		return "held"
	case d.trouble, !d.known:
		return "trouble"
	case d.open:
		return "open"
	}
	return "closed"
}

// masked shows the last four digits of a card: enough to tell, too little to copy.
func masked(number string) string {
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
		return masked(number)
	}
	return number
}

func person(holder, language string) string {
	switch {
	case holder != "":
		return holder
	case language == "zh":
		return "未知持卡人"
	}
	return "a stranger"
}

var refusals = map[string]string{"unknown card": "未登记的卡", "not for this door": "无此门权限",
	"expired": "已过有效期", "not yet valid": "尚未生效"}

func inChinese(why string) string {
	if zh, ok := refusals[why]; ok {
		return zh
	}
	return why
}
