package zone

import (
	"errors"
	"fmt"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// Why a command is refused.
var (
	ErrNotReady = errors.New("not ready")
	ErrUnknown  = errors.New("no such partition or zone")
	ErrRefused  = errors.New("refused")
	ErrCode     = errors.New("a panel code is needed")
	ErrConsent  = errors.New("a user's consent is needed")
)

// refusal is an error with a place, a reason and a class.
type refusal struct {
	place, why string
	class      error
}

// Needed is the refusal of an order that lacks a code or a consent, in words for
// the person who gave it. It wraps ErrCode or ErrConsent.
type Needed struct {
	Place string
	point.Words
	Class error
}

func (n *Needed) Error() string { return fmt.Sprintf("%s: %s: %s", n.Place, n.Class, n.En) }

// Unwrap gives the class.
func (n *Needed) Unwrap() error { return n.Class }

func needed(place string, class error, zh, en string) error {
	return &Needed{place, point.Words{Zh: zh, En: en}, class}
}

func (r refusal) Error() string { return fmt.Sprintf("%s: %s: %s", r.place, r.class, r.why) }
func (r refusal) Unwrap() error { return r.class }

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
// error wraps ErrNotReady (with the reasons), ErrUnknown or ErrRefused.
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
		return refusal{verb + " " + target, "want arm, force-arm, disarm, bypass, unbypass, walk-test, end-walk-test, consent or end-consent", ErrRefused}
	}
	return fmt.Errorf("%s %s: %w", verb, target, ErrUnknown)
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
			return needed("disarm "+a.ID, ErrCode, "该分区撤防须输入操作密码", "Disarming this partition takes a panel code")
		}
		p.disarm(now, a, o.Actor)
		return nil
	}
	if o.Mode == "" {
		o.Mode = Away
	}
	if o.Mode != Away && o.Mode != Stay && o.Mode != Night {
		return refusal{"arm " + a.ID, fmt.Sprintf("mode %q: want away, stay or night", o.Mode), ErrRefused}
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
		return refusal{"bypass " + z.ID, "a " + z.Type + " zone guards always", ErrRefused}
	case on && z.area.mode != Disarmed:
		return refusal{"bypass " + z.ID, "disarm " + z.area.ID + " first", ErrRefused}
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
