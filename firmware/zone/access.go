package zone

import (
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// way is the direction in which a card asks to pass.
type way int

const (
	inward way = iota
	outward
)

// Why Admit refuses a card.
const (
	UnknownCard  = "unknown card"
	NotThisDoor  = "not for this door"
	NotYetValid  = "not yet valid"
	Expired      = "expired"
	OutsideHours = "outside hours"
)

// refusals are the reasons in Chinese.
var refusals = map[string]string{UnknownCard: "未登记的卡", NotThisDoor: "无此门权限", NotYetValid: "尚未生效", Expired: "已过有效期", OutsideHours: "不在允许时段"}

// Why the panel refuses a card that Admit lets pass.
var (
	alreadyInside = point.Words{Zh: "已在里面（防返传）", En: "already inside"}
	samePerson    = point.Words{Zh: "须由另一人刷卡", En: "another person's card must follow"}
	noSecond      = point.Words{Zh: "第二人未到", En: "no second person"}
)

func inChinese(why string) string {
	if zh, ok := refusals[why]; ok {
		return zh
	}
	return why
}

// first is the card that waits for a second person's. It does not outlive a
// restart: both hold their cards to the reader again.
type first struct {
	who, card string
	until     time.Duration
}

// cardLimit bounds what a reader may call a card number, in bytes.
const cardLimit = 64

// card takes a card that a reader has heard: an event.
func (p *Panel) card(now point.Instant, d *door, s point.Sample, w way) {
	number := s.Value.String()
	if !s.Quality.Usable() || s.Value.Kind() != point.Text || number == "" || len(number) > cardLimit {
		return
	}
	holder, why := "", UnknownCard
	if p.definition.Admit != nil {
		holder, why = p.definition.Admit(d.ID, number, now)
	}
	if w == outward {
		p.leave(now, d, holder, number)
		return
	}
	bar := point.Words{Zh: inChinese(why), En: why}
	if why == "" {
		bar = p.bars(now, d, holder)
	}
	switch {
	case !bar.IsZero():
		p.deny(now, d, holder, shownCard(number, holder != ""), bar)
	case d.TwoPerson && !p.burning:
		p.pair(now, d, holder, Masked(number))
	default:
		p.grant(now, d, Masked(number), holder)
	}
	p.tally(now, d, Masked(number), why)
}

// bars is why a valid card does not open the door now; zero when it does. While
// a fire zone is in alarm nothing bars.
func (p *Panel) bars(now point.Instant, d *door, holder string) point.Words {
	if p.burning {
		return point.Words{}
	}
	if other := p.locked(now, d); other != nil {
		label := title(other.Label, other.ID)
		if !other.ajar() {
			return point.Words{Zh: "互锁：" + label.Zh + "的锁已放开", En: "interlock: " + label.En + " is released"}
		}
		return point.Words{Zh: "互锁：" + label.Zh + "未关", En: "interlock: " + label.En + " is open"}
	}
	if d.AntiPassback == "hard" && p.listed(now, d, holder) == "inside" {
		return alreadyInside
	}
	return point.Words{}
}

// locked is a door of the same interlock that is open or about to be. One that
// cannot be read counts as it was seen last; one that is simulated open bars nobody.
func (p *Panel) locked(now point.Instant, d *door) *door {
	for _, o := range p.doors {
		if o != d && d.Interlock != "" && o.Interlock == d.Interlock && (o.ajar() || o.pressed || now.Mono < o.allowed) {
			return o
		}
	}
	return nil
}

// deny refuses a card. card is as it may be shown.
func (p *Panel) deny(now point.Instant, d *door, holder, card string, why point.Words) {
	label, detail := title(d.Label, d.ID), map[string]string{"card": card, "reason": why.En}
	if p.burning {
		detail["fire"] = "true"
	}
	p.doorRecord(now, d, event.DoorDenied, holder, label.Zh+" 拒绝 "+person(holder, "zh")+"："+why.Zh, label.En+" denied "+person(holder, "en")+": "+why.En, detail)
}

// pair waits for a second person's card, or takes it.
func (p *Panel) pair(now point.Instant, d *door, holder, card string) {
	if d.waiting.who != "" && d.waiting.until <= now.Mono {
		p.alone(now, d)
	}
	one := d.waiting.who
	switch one {
	case "":
		d.waiting = first{holder, card, now.Mono + d.SecondWithin}
		label := title(d.Label, d.ID)
		p.doorRecord(now, d, event.DoorWaiting, holder, label.Zh+"："+holder+" 已刷卡，等待第二人", label.En+": "+holder+", waiting for second", map[string]string{"card": card})
	case holder:
		p.deny(now, d, holder, card, samePerson)
	default:
		d.waiting = first{}
		p.grant(now, d, card, holder, one)
	}
}

// alone ends the waiting: nobody came.
func (p *Panel) alone(now point.Instant, d *door) {
	if w := d.waiting; w.who != "" {
		d.waiting = first{}
		p.deny(now, d, w.who, w.card, noSecond)
	}
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
