package zone

import (
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Order is what a person, a key switch or a calendar asks of the panel.
type Order struct {
	Verb   string // arm, force-arm, disarm, bypass, unbypass, walk-test, end-walk-test, consent, end-consent
	Target string // a partition; for bypass and unbypass a zone; for walk-test also a panic zone
	Mode   string // arm: away, stay or night; empty is away
	Actor  string
	Coded  bool // the actor gave his panel code
	Duress bool // given under threat: obeyed as ever, and a silent hold-up
	Reason string
	For    time.Duration // consent: how long
	Alone  bool          // consent: nobody else is there who could give it
}

// Command carries out an order: arm, force-arm and disarm name a partition;
// bypass and unbypass a zone. An order that changes nothing is no error. The
// error is a *Refusal.
func (p *Panel) Command(now point.Instant, o Order) error {
	p.version++
	verb, target, actor := o.Verb, o.Target, o.Actor
	switch verb {
	case "arm", "force-arm", "disarm":
		for _, a := range p.partitions {
			if a.ID == target {
				return p.partition(now, a, o)
			}
		}
	case "walk-test":
		return p.beginWalk(now, target, actor)
	case "end-walk-test":
		p.endWalk(now, actor)
		return nil
	case "consent":
		return p.giveConsent(now, o)
	case "end-consent":
		p.endConsent(now, actor)
		return nil
	case "bypass", "unbypass":
		for _, z := range p.zones {
			if z.ID == target {
				return p.bypass(now, z, verb == "bypass", actor)
			}
		}
	default:
		return Refuse(verb+" "+target, UnknownOrder)
	}
	return Refuse(verb+" "+target, UnknownTarget, same(target))
}

// partition carries out an order to arm or disarm. One under duress is obeyed as
// ever; the silent hold-up is all that tells.
func (p *Panel) partition(now point.Instant, a *area, o Order) error {
	if o.Duress {
		p.signal(a.key()+"/duress", true, point.Words{})
		p.signal(a.key()+"/duress", false, point.Words{}) // it latches
	}
	if o.Verb == "disarm" {
		if a.Code && !o.Coded {
			return Refuse("disarm "+a.ID, CodeRequired)
		}
		p.disarm(now, a, o.Actor)
		return nil
	}
	if o.Mode == "" {
		o.Mode = Away
	}
	if o.Mode != Away && o.Mode != Stay && o.Mode != Night {
		return Refuse("arm "+a.ID, UnknownMode, same(o.Mode))
	}
	return p.arm(now, a, o, o.Verb == "force-arm")
}

// bypass leaves a zone out until the next disarm. A 24-hour zone is never left
// out, and no zone while its partition is armed.
func (p *Panel) bypass(now point.Instant, z *loop, on bool, actor string) error {
	switch {
	case z.bypassed == on:
		return nil
	case on && z.area == nil:
		return Refuse("bypass "+z.ID, NeverBypassed, point.Words{Zh: traits[z.Type].label.Zh, En: z.Type})
	case on && z.area.mode != Disarmed:
		return Refuse("bypass "+z.ID, ArmedNow, title(z.area.Label, z.area.ID))
	}
	p.applyBypass(now, z, on, actor)
	return nil
}

// applyBypass is bypass once nothing stands against it.
func (p *Panel) applyBypass(now point.Instant, z *loop, on bool, actor string) {
	p.setBypass(now, z, on, actor)
	if !on && z.violated && z.known {
		p.trip(now, z)
	}
	p.judge(now, z)
}

func (p *Panel) setBypass(now point.Instant, z *loop, on bool, actor string) {
	label := title(z.Label, z.ID)
	r := event.Record{Type: event.ZoneBypassed, Subject: z.key(), Room: z.Room, Actor: actor,
		Text: point.Words{Zh: label.Zh + " 已旁路，至下次撤防", En: label.En + " bypassed until the next disarm"}}
	if !on {
		r.Type = event.ZoneUnbypassed
		r.Text = point.Words{Zh: label.Zh + " 取消旁路", En: label.En + " no longer bypassed"}
	}
	z.bypassed = on
	p.dirty["zone:"+z.ID] = true
	p.record(now, r)
}
