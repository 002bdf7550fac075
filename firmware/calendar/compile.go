package calendar

import (
	"strconv"
	"strings"
	"time"
)

// The bounds of what a site file may ask.
const (
	longestRun = 366  // days of one special entry
	mostHours  = 24   // windows of one calendar
	mostRuns   = 2000 // special entries: a century of official holidays
)

// Book is all calendars of a site, compiled. The zero and the nil Book know none.
type Book struct {
	zone  *time.Location
	rules map[string]*rule
	days  map[int32]special
}

// rule is one calendar. A window is in minutes from the day's midnight; its end
// is beyond 24 h when it crosses midnight.
type rule struct {
	days       [7]bool
	windows    []window
	holidays   string
	keyPeriods string
}

type window struct{ from, until int }

// special is what the site file says of one day.
type special struct {
	holiday, workday, key bool
	follows               int8 // weekday from Monday = 0; -1: none named
}

// Compile makes the book. It always returns one: an entry that one of the errors
// (each a *Fault) names is missing from it. A nil zone is UTC.
func Compile(list []Calendar, specials []Special, zone *time.Location) (*Book, []error) {
	if zone == nil {
		zone = time.UTC
	}
	c := &compiler{book: &Book{zone: zone, rules: map[string]*rule{}, days: map[int32]special{}}}
	for i, k := range list {
		c.calendar(i, k)
	}
	for i, s := range specials {
		c.special(i, s)
	}
	return c.book, c.errors
}

type compiler struct {
	book   *Book
	errors []error
}

func (c *compiler) refuse(list string, i int, key, read, allowed string) {
	c.errors = append(c.errors, &Fault{List: list, Index: i, Key: key, Read: read, Allowed: allowed})
}

func (c *compiler) calendar(i int, k Calendar) {
	before := len(c.errors)
	fail := func(key, read, allowed string) { c.refuse("calendars", i, key, read, allowed) }
	r := &rule{holidays: either(k.Holidays, "off"), keyPeriods: either(k.KeyPeriods, "ignore")}
	if k.ID == "" || c.book.rules[k.ID] != nil {
		fail("id", strconv.Quote(k.ID), "a name that no other calendar has")
	}
	if !oneOf(r.holidays, "off|only|ignore") {
		fail("holidays", r.holidays, "off, only or ignore")
	}
	if !oneOf(r.keyPeriods, "off|only|ignore") {
		fail("key-periods", r.keyPeriods, "ignore, only or off")
	}
	for j, d := range k.Days {
		n := weekday(d)
		if n < 0 {
			fail("days["+strconv.Itoa(j)+"]", strconv.Quote(d), "mon, tue, wed, thu, fri, sat or sun")
			continue
		}
		r.days[n] = true
	}
	if len(k.Days) == 0 {
		r.days = [7]bool{true, true, true, true, true, true, true}
	}
	if len(k.Hours) > mostHours {
		fail("hours", strconv.Itoa(len(k.Hours))+" entries", "at most "+strconv.Itoa(mostHours))
		return
	}
	for j, h := range k.Hours {
		w, ok := readHours(h)
		if !ok {
			fail("hours["+strconv.Itoa(j)+"]", strconv.Quote(h), "begin and end as 08:00-18:00, at most a day long")
		}
		r.windows = append(r.windows, w)
	}
	if len(k.Hours) == 0 {
		r.windows = []window{{0, day}}
	}
	if len(c.errors) == before {
		c.book.rules[k.ID] = r
	}
}

func (c *compiler) special(i int, s Special) {
	fail := func(key, read, allowed string) { c.refuse("special-days", i, key, read, allowed) }
	if s.Until.IsZero() {
		s.Until = s.From
	}
	from, until := dateOf(s.From), dateOf(s.Until)
	switch {
	case i >= mostRuns:
		fail("from", "more than "+strconv.Itoa(mostRuns)+" entries", "fewer")
	case s.From.IsZero():
		fail("from", "nothing", "a date such as 2026-10-01")
	case !midnight(s.From):
		fail("from", s.From.String(), "a date without a time of day")
	case !midnight(s.Until):
		fail("until", s.Until.String(), "a date without a time of day")
	case until < from:
		fail("until", s.Until.Format(time.DateOnly), "a day not before from")
	case until-from >= longestRun:
		fail("until", s.Until.Format(time.DateOnly), "at most a year in one entry")
	case !oneOf(s.Kind, Holiday+"|"+Workday+"|"+KeyPeriod):
		fail("kind", strconv.Quote(s.Kind), "holiday, workday or key-period")
	case s.Follows != "" && (s.Kind != Workday || weekday(s.Follows) < 0):
		fail("follows", strconv.Quote(s.Follows), "a weekday, and only for a workday")
	default:
		for d := from; d <= until; d++ {
			if !c.mark(d, s) {
				fail("kind", s.Kind+" on "+date(d).Format(time.DateOnly)+", which is a holiday or a workday already", "each day one or the other")
				return
			}
		}
	}
}

// mark notes one special day; false when it would be holiday and workday.
func (c *compiler) mark(d int32, s Special) bool {
	x, there := c.book.days[d]
	if !there {
		x.follows = -1
	}
	switch s.Kind {
	case KeyPeriod:
		x.key = true
	case Holiday:
		if x.workday {
			return false
		}
		x.holiday = true
	default:
		if x.holiday || x.workday {
			return false
		}
		x.workday, x.follows = true, int8(weekday(s.Follows))
	}
	c.book.days[d] = x
	return true
}

// dateOf is the day that a date means, in the date's own zone. Where summer time
// begins at midnight, the midnight of a date is told as 23:00 of the day before:
// noon is surely on it.
func dateOf(t time.Time) int32 { return ordinal(t.Add(12 * time.Hour)) }

// midnight is true for a date: the first instant of a day.
func midnight(t time.Time) bool {
	y, m, d := t.Add(12 * time.Hour).Date()
	return t.Equal(time.Date(y, m, d, 0, 0, 0, 0, t.Location()))
}

const day = 24 * 60 // minutes

// readHours reads "22:00-06:00". 24:00 is an end only.
func readHours(s string) (w window, ok bool) {
	a, b, _ := strings.Cut(s, "-")
	from, ok := readTime(strings.TrimSpace(a))
	until, ok2 := readTime(strings.TrimSpace(b))
	if !ok || !ok2 || from == day || from == until || until == 0 && from == 0 {
		return window{}, false
	}
	if until <= from {
		until += day
	}
	return window{from, until}, true
}

func readTime(s string) (minutes int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return h*60 + m, m < 60 && (h < 24 || h == 24 && m == 0)
}

// weekday is 0 for mon … 6 for sun, -1 for anything else.
func weekday(s string) int {
	for i, d := range strings.Split(weekdays, "|") {
		if s == d {
			return i
		}
	}
	return -1
}

func either(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}

func oneOf(s, all string) bool {
	for _, x := range strings.Split(all, "|") {
		if s == x {
			return true
		}
	}
	return false
}
