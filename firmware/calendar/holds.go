package calendar

import (
	"time"

	"watchbox/firmware/point"
)

// Holds tells whether the calendar holds now. known is false for a calendar that
// does not exist, and while the clock is unknown. Never blocks.
func (b *Book) Holds(id string, at point.Instant) (on, known bool) {
	if b == nil || at.Clock == point.ClockUnknown {
		return false, false
	}
	c := b.calendars[id]
	if c == nil {
		return false, false
	}
	return b.holds(c, at.Wall.In(b.zone)), true
}

func (b *Book) holds(c *compiled, t time.Time) bool {
	now := t.Hour()*60 + t.Minute()
	return b.covers(c, t, now) || b.covers(c, t.AddDate(0, 0, -1), now+day)
}

// covers tells whether a span that begins on the day of t holds at minute.
func (b *Book) covers(c *compiled, t time.Time, minute int) bool {
	if !b.counts(c, t) {
		return false
	}
	for _, h := range c.hours {
		if minute >= h.from && minute < h.until {
			return true
		}
	}
	return false
}

// counts tells whether the calendar is on at all on the day of t.
func (b *Book) counts(c *compiled, t time.Time) bool {
	s := b.special[number(t)]
	if c.KeyPeriods == "only" && !s.key || c.KeyPeriods == "off" && s.key {
		return false
	}
	switch {
	case c.Holidays == "only":
		return s.holiday
	case c.Holidays == "ignore":
	case s.workday:
		return c.days[s.follows]
	case s.holiday:
		return false
	}
	return c.days[t.Weekday()]
}

// Next is how long until the calendar changes; point.Never when it does not
// within 400 days, or when nobody knows. Days are tried at the hours at which
// something can change, so that a change of the zone's clock is met.
func (b *Book) Next(id string, at point.Instant) time.Duration {
	on, known := b.Holds(id, at)
	if !known {
		return point.Never
	}
	c, now := b.calendars[id], at.Wall.In(b.zone)
	for d := range lookAhead {
		best := point.Never
		for _, m := range c.edges() {
			t := time.Date(now.Year(), now.Month(), now.Day()+d, 0, m, 0, 0, b.zone)
			if wait := t.Sub(now); wait > 0 && wait < best && b.holds(c, t) != on {
				best = wait
			}
		}
		if best != point.Never {
			return best
		}
	}
	return point.Never
}

// edges are the minutes of a day at which the calendar may change.
func (c *compiled) edges() []int {
	all := []int{0}
	for _, h := range c.hours {
		all = append(all, h.from%day, h.until%day)
	}
	return all
}
