package calendar

import (
	"slices"
	"time"

	"watchbox/firmware/point"
)

// lookAhead is how many days Next looks into the future.
const lookAhead = 400

// Holds tells whether the calendar holds at the instant. known is false when
// nobody knows the time or there is no such calendar: the caller decides which
// way is safe then.
func (b *Book) Holds(id string, at point.Instant) (on, known bool) {
	r, known := b.find(id, at)
	if !known {
		return false, false
	}
	return b.holds(r, at.Wall), true
}

// Next is how long from the instant until the answer of Holds changes, by the
// clock on the wall: what a monotonic timer may be set to. It is point.Never
// when it does not change within 400 days, or when Holds does not know.
// It costs some microseconds; ask when the last answer has run out and after
// the clock was set, not at each step.
func (b *Book) Next(id string, at point.Instant) time.Duration {
	r, known := b.find(id, at)
	if !known {
		return point.Never
	}
	now, today := b.holds(r, at.Wall), b.ordinal(at.Wall)
	var edges []time.Time
	for d := today; d <= today+lookAhead; d++ {
		edges = b.edges(r, d, edges[:0])
		for _, t := range edges {
			if t.After(at.Wall) && b.holds(r, t) != now {
				return t.Sub(at.Wall)
			}
		}
	}
	return point.Never
}

// Zone is the site's time zone; nil for the nil Book.
func (b *Book) Zone() *time.Location {
	if b == nil {
		return nil
	}
	return b.zone
}

// Known is true when there is such a calendar.
func (b *Book) Known(id string) bool { return b != nil && b.rules[id] != nil }

func (b *Book) find(id string, at point.Instant) (*rule, bool) {
	if !b.Known(id) || at.Clock == point.ClockUnknown {
		return nil, false
	}
	return b.rules[id], true
}

// holds looks at the windows that begin on the day and on the one before it,
// and, where summer time moves midnight, on the one after it.
func (b *Book) holds(r *rule, t time.Time) bool {
	today := b.ordinal(t)
	for d := today - 1; d <= today+1; d++ {
		if !b.on(r, d) {
			continue
		}
		for _, w := range r.windows {
			if !t.Before(b.instant(d, w.from)) && t.Before(b.instant(d, w.until)) {
				return true
			}
		}
	}
	return false
}

// edges lists, in order, when windows begin or end on the day. A whole day that
// goes on from the day before has no edge between.
func (b *Book) edges(r *rule, d int32, edges []time.Time) []time.Time {
	on, before := b.on(r, d), b.on(r, d-1)
	whole := len(r.windows) == 1 && r.windows[0] == window{0, day}
	if !on && !before || whole && on && before {
		return edges
	}
	for _, w := range r.windows {
		if on {
			edges = append(edges, b.instant(d, w.from))
		}
		if on && w.until < day {
			edges = append(edges, b.instant(d, w.until))
		}
		if before && w.until >= day {
			edges = append(edges, b.instant(d-1, w.until))
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	return edges
}

// on judges a whole day, in the order of the package's comment.
func (b *Book) on(r *rule, d int32) bool {
	x, marked := b.days[d]
	week := int((int64(d)+3)%7+7) % 7 // the first day of 1970 was a Thursday
	switch {
	case r.keyPeriods == "off" && x.key, r.keyPeriods == "only" && !x.key:
		return false
	case r.holidays == "off" && x.holiday, r.holidays == "only" && !x.holiday:
		return false
	case !marked || !x.workday || r.holidays == "ignore":
	case x.follows >= 0:
		week = int(x.follows)
	case week >= 5:
		week = 0
	}
	return r.days[week]
}

// ordinal is the day of t in the site's zone, counted from 1970-01-01.
func (b *Book) ordinal(t time.Time) int32 { return ordinal(t.In(b.zone)) }

func ordinal(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// instant is when the wall shows so many minutes after the day's midnight.
func (b *Book) instant(d int32, minutes int) time.Time {
	return time.Date(1970, 1, 1+int(d), 0, minutes, 0, 0, b.zone)
}

// date is the day as a time in UTC, to be shown.
func date(d int32) time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
