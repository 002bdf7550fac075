// Package calendar knows weeks, holidays, working make-up days (调休) and key
// periods (重保期): when a rule is judged, a partition is armed, a card opens.
//
// A calendar goes by the wall clock of the site's time zone, and only while
// somebody vouches for that clock: with an unknown one nobody knows whether it
// holds. Pure and immutable: a Book may be used by any goroutine.
package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/point"
)

// Calendar is one entry of `calendars:` in the site file.
type Calendar struct {
	ID         string      `yaml:"id" required:"true"`
	Label      point.Words `yaml:"label"`
	Days       []string    `yaml:"days" allowed:"mon|tue|wed|thu|fri|sat|sun" doc:"none means every day"`
	Hours      []string    `yaml:"hours" doc:"from-to such as 08:00-18:00; 22:00-06:00 goes over midnight; none means the whole day"`
	Holidays   string      `yaml:"holidays" allowed:"off|only|ignore" default:"off" doc:"off: does not hold on a holiday, and holds on a make-up workday as on the weekday it follows; only: holds on holidays only"`
	KeyPeriods string      `yaml:"key-periods" allowed:"ignore|only|off" default:"ignore" doc:"only: holds in key periods only; off: never in them"`
}

// Special is one entry of `special-days:`, first to last day, both included.
type Special struct {
	From    time.Time   `yaml:"from" required:"true"`
	Until   time.Time   `yaml:"until" doc:"the last day; none means one day"`
	Kind    string      `yaml:"kind" required:"true" allowed:"holiday|workday|key-period"`
	Label   point.Words `yaml:"label"`
	Follows string      `yaml:"follows" allowed:"mon|tue|wed|thu|fri|sat|sun" default:"mon" doc:"a make-up workday has the hours of this weekday"`
}

// Book answers for the calendars of a site.
type Book struct {
	zone      *time.Location
	calendars map[string]*compiled
	special   map[int]special // by day number
}

type special struct {
	holiday, key bool
	workday      bool
	follows      time.Weekday
}

// span is minutes of a day; until may go beyond midnight.
type span struct{ from, until int }

type compiled struct {
	Calendar
	days  [7]bool
	hours []span
}

const (
	day         = 24 * 60 // minutes
	lookAhead   = 400     // days
	longestSpan = 400     // days of one special entry
)

// Days maps the names of weekdays.
var weekdays = map[string]time.Weekday{"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday}

// Compile makes a book. What the errors name is missing from it. zone nil is UTC.
func Compile(list []Calendar, specials []Special, zone *time.Location) (*Book, []error) {
	if zone == nil {
		zone = time.UTC
	}
	b := &Book{zone: zone, calendars: map[string]*compiled{}, special: map[int]special{}}
	var errs []error
	for _, c := range list {
		x, err := compile(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("calendar %s: %w", c.ID, err))
			continue
		}
		b.calendars[c.ID] = x
	}
	for i, s := range specials {
		if err := b.mark(s); err != nil {
			errs = append(errs, fmt.Errorf("special-days[%d]: %w", i, err))
		}
	}
	return b, errs
}

func compile(c Calendar) (*compiled, error) {
	x := &compiled{Calendar: c}
	for _, d := range c.Days {
		w, ok := weekdays[d]
		if !ok {
			return nil, fmt.Errorf("day %q: want mon to sun", d)
		}
		x.days[w] = true
	}
	if len(c.Days) == 0 {
		x.days = [7]bool{true, true, true, true, true, true, true}
	}
	for _, h := range c.Hours {
		s, err := parseHours(h)
		if err != nil {
			return nil, err
		}
		x.hours = append(x.hours, s)
	}
	if len(c.Hours) == 0 {
		x.hours = []span{{0, day}}
	}
	return x, nil
}

var errHours = errors.New("want hours such as 08:00-18:00, or 22:00-06:00 over midnight")

// parseHours reads from-to; equal ends are the whole day.
func parseHours(s string) (span, error) {
	from, until, ok := strings.Cut(s, "-")
	a, err1 := minute(from)
	b, err2 := minute(until)
	if !ok || err1 != nil || err2 != nil || a == day {
		return span{}, fmt.Errorf("%q: %w", s, errHours)
	}
	if b <= a {
		b += day
	}
	return span{a, b}, nil
}

func minute(s string) (int, error) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	a, err1 := strconv.Atoi(h)
	b, err2 := strconv.Atoi(m)
	if !ok || len(m) != 2 || err1 != nil || err2 != nil || a < 0 || b < 0 || b > 59 || a*60+b > day {
		return 0, errHours
	}
	return a*60 + b, nil
}

// number counts days, whatever their length.
func number(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (b *Book) mark(s Special) error {
	first, last := number(s.From), number(s.Until)
	if s.Until.IsZero() {
		last = first
	}
	follows, ok := weekdays[s.Follows]
	switch {
	case !ok && s.Follows != "":
		return fmt.Errorf("follows %q: want mon to sun", s.Follows)
	case last < first || last-first > longestSpan:
		return fmt.Errorf("from %s until %s: want at most %d days, in order", s.From.Format(time.DateOnly), s.Until.Format(time.DateOnly), longestSpan)
	}
	if !ok {
		follows = time.Monday
	}
	for n := first; n <= last; n++ {
		x := b.special[n]
		switch s.Kind {
		case "holiday":
			x.holiday = true
		case "workday":
			x.workday, x.follows = true, follows
		case "key-period":
			x.key = true
		default:
			return fmt.Errorf("kind %q: want holiday, workday or key-period", s.Kind)
		}
		b.special[n] = x
	}
	return nil
}
