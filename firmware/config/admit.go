package config

import (
	"slices"
	"strings"
	"time"

	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// blind is how long after power-up a card with hours is let in at any hour while
// nobody knows the time of day: a shift. After that it is refused.
const blind = 12 * time.Hour

// Admit makes the panel's question "who may pass" from the site's cards. The
// answer is pure. While nobody knows the time of day a validity holds, but no
// longer after power-up than it was meant to last, and hours hold for 12 h.
func Admit(cards []Card, calendars zone.Calendars) zone.Admit {
	known := make(map[string]Card, len(cards))
	for _, c := range cards {
		if Lacks(c.Number) == "" { // nobody's reader may say a reference
			known[cardNumber(c.Number)] = c
		}
	}
	return func(door, card string, now point.Instant) (holder, refusal string) {
		c, ok := known[cardNumber(card)]
		switch {
		case !ok:
			return "", zone.UnknownCard
		case !slices.Contains(c.Doors, door):
			return c.Holder, zone.NotThisDoor
		}
		if refusal = c.refusal(now); refusal == "" {
			refusal = c.untimely(now, calendars)
		}
		return c.Holder, refusal
	}
}

// untimely says why the card does not admit at this hour, or "".
func (c Card) untimely(now point.Instant, calendars zone.Calendars) string {
	if c.Hours == "" || now.Clock == point.ClockUnknown && now.Mono <= blind {
		return ""
	}
	if calendars != nil {
		if on, known := calendars.Holds(c.Hours, now); on && known {
			return ""
		}
	}
	return zone.OutsideHours
}

// refusal says why the card is not valid now, or "".
func (c Card) refusal(now point.Instant) string {
	if now.Clock == point.ClockUnknown {
		if !c.From.IsZero() && !c.Until.IsZero() && now.Mono > c.Until.Sub(c.From) {
			return zone.Expired
		}
		return ""
	}
	switch {
	case !c.From.IsZero() && now.Wall.Before(c.From):
		return zone.NotYetValid
	case !c.Until.IsZero() && !now.Wall.Before(c.Until):
		return zone.Expired
	}
	return ""
}

// cardNumber drops leading zeros: some readers pad, some do not.
func cardNumber(s string) string {
	s = strings.TrimSpace(s)
	if t := strings.TrimLeft(s, "0"); t != "" {
		return t
	}
	return s
}
