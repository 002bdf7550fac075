package config

import (
	"slices"
	"strings"

	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Admit makes the panel's question "who may pass" from the site's cards. The
// answer is pure. While nobody knows the time of day a validity holds, but no
// longer after power-up than it was meant to last.
func Admit(cards []Card) zone.Admit {
	known := make(map[string]Card, len(cards))
	for _, c := range cards {
		known[cardNumber(c.Number)] = c
	}
	return func(door, card string, now point.Instant) (holder, refusal string) {
		c, ok := known[cardNumber(card)]
		switch {
		case !ok:
			return "", "unknown card"
		case !slices.Contains(c.Doors, door):
			return c.Holder, "not for this door"
		}
		return c.Holder, c.refusal(now)
	}
}

// refusal says why the card is not valid now, or "".
func (c Card) refusal(now point.Instant) string {
	if now.Clock == point.ClockUnknown {
		if !c.From.IsZero() && !c.Until.IsZero() && now.Mono > c.Until.Sub(c.From) {
			return "expired"
		}
		return ""
	}
	switch {
	case !c.From.IsZero() && now.Wall.Before(c.From):
		return "not yet valid"
	case !c.Until.IsZero() && !now.Wall.Before(c.Until):
		return "expired"
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
