package zone

import (
	"encoding/json"
	"strings"
	"time"

	"watchbox/firmware/event"
	"watchbox/firmware/point"
)

// A consent lasts 1 to 24 hours.
const (
	ConsentLeast = time.Hour
	ConsentMost  = 24 * time.Hour
)

const consentKey = "consent:installer"

// consent is a user's word that the installer may work (EN 50131-1: access level
// 3 only after level 2 authorises, while unset). It is given to whoever comes,
// but to nobody by himself. The zero value: nobody has.
type consent struct {
	by     string
	until  point.Instant
	length time.Duration // as it was given
	alone  bool
}

type keptConsent struct {
	By     string        `json:"by"`
	Until  time.Time     `json:"until"`
	Length time.Duration `json:"length"`
	Alone  bool          `json:"alone,omitempty"`
}

func (c consent) view(required bool) ConsentView {
	return ConsentView{Required: required, By: c.by, Until: c.until, Alone: c.alone}
}

func (c consent) ends() time.Duration {
	if c.by == "" {
		return point.Never
	}
	return c.until.Mono
}

// over is when its time has come: by the wall clock that somebody vouches for,
// and by the monotonic one, which bounds it when the other is unknown or set back.
func (c consent) over(now point.Instant) bool {
	return c.by != "" && (c.until.Mono <= now.Mono || now.Clock != point.ClockUnknown && !now.Wall.Before(c.until.Wall))
}

func (c consent) keep() []byte {
	if c.by == "" {
		return nil
	}
	b, err := json.Marshal(keptConsent{c.by, c.until.Wall, c.length, c.alone})
	if err != nil {
		return nil // a wall clock beyond the year 9999: it ends with the power
	}
	return b
}

// giveConsent lets the installer in. A later consent replaces the former.
func (p *Panel) giveConsent(now point.Instant, o Order) error {
	switch {
	case !p.definition.Consent:
		return Refuse("consent", ConsentOff)
	case o.Actor == "" || o.For < ConsentLeast || o.For > ConsentMost:
		return Refuse("consent", ConsentLength)
	case p.allAway():
		return Refuse("consent", ConsentNobody)
	}
	p.consent = consent{by: o.Actor, until: now.Add(o.For), length: o.For, alone: o.Alone}
	p.dirty[consentKey] = true
	text := point.Words{Zh: "授权维护 " + hours(o.For) + " 小时", En: "Installer let in for " + hours(o.For) + " h"}
	if o.Alone {
		text = point.Words{Zh: text.Zh + "（本人授权：没有其他用户）", En: text.En + " (by himself: there is no other user)"}
	}
	p.record(now, event.Record{Type: event.ConsentGiven, Subject: "consent", Actor: o.Actor, Text: text})
	return nil
}

// hours is a length in hours with at most one decimal.
func hours(d time.Duration) string { return point.OfReal(float64(d/(6*time.Minute)) / 10).String() }

func (p *Panel) endConsent(now point.Instant, actor string) {
	if p.consent.by == "" {
		return
	}
	p.consent = consent{}
	p.version++
	p.dirty[consentKey] = true
	p.record(now, event.Record{Type: event.ConsentEnded, Subject: "consent", Actor: actor,
		Text: point.Words{Zh: "维护授权结束", En: "Installer's access ended"}})
}

// restoreConsent takes up the consent of the last run: by the wall clock, and
// with an unknown one for its original length from now.
func (p *Panel) restoreConsent(now point.Instant, b []byte) {
	var k keptConsent
	if b == nil || p.consent.by != "" || json.Unmarshal(b, &k) != nil || k.By == "" {
		return
	}
	left := min(max(k.Length, 0), ConsentMost)
	if now.Clock != point.ClockUnknown {
		left = min(left, max(k.Until.Sub(now.Wall), 0))
	}
	p.consent = consent{by: k.By, until: now.Add(left), length: k.Length, alone: k.Alone}
	p.consent.until.Wall = k.Until
	if left == 0 || !p.definition.Consent || p.allAway() {
		p.endConsent(now, "box")
	}
}

// away is true for a partition that nobody is in, or will be in a moment.
func (a *area) away() bool { return a.mode != Disarmed && (a.as == Away || a.as == "") }

// allAway is true while every partition is armed away: nobody is there to let
// the installer in, and a consent is void.
func (p *Panel) allAway() bool {
	for _, a := range p.partitions {
		if !a.away() {
			return false
		}
	}
	return len(p.partitions) > 0
}

// Work is what an engineer sets out to do.
type Work struct {
	Verb   string // as it is told to him: "bypass"
	Target string // a zone, a partition, an alarm's key; "site" for the whole panel
	Actor  string
}

// Permit answers whether the installer may work now, where the site file asks
// for a user's consent; else always. The error wraps ErrConsent. What concerns a
// partition that is armed away waits until it is disarmed.
func (p *Panel) Permit(w Work) error {
	place := strings.TrimSpace(w.Verb + " " + w.Target)
	switch {
	case !p.definition.Consent:
		return nil
	case p.consent.by == "":
		return Refuse(place, ConsentRequired)
	case p.consent.by == w.Actor && !p.consent.alone:
		return Refuse(place, ConsentOwn)
	}
	for _, a := range p.partitions {
		if a.away() && p.concerns(w.Target, a) {
			return Refuse(place, ConsentVoid, title(a.Label, a.ID))
		}
	}
	return nil
}

// concerns tells whether the target is the partition, one of its zones, an alarm
// of either, or a contact of a zone.
func (p *Panel) concerns(target string, a *area) bool {
	kind, rest, isKey := strings.Cut(target, "/")
	id, _, _ := strings.Cut(rest, "/")
	if target == "site" || target == a.ID || isKey && kind == "partition" && id == a.ID {
		return true
	}
	for _, z := range a.zones {
		if target == z.ID || isKey && kind == "zone" && id == z.ID || target == string(z.Input) || z.Tamper != "" && target == string(z.Tamper) {
			return true
		}
	}
	return false
}
