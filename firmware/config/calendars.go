package config

import (
	"time"

	"watchbox/firmware/calendar"
)

// Book is the site's calendars, compiled; what its errors name is missing from it.
func (s *Site) Book() (*calendar.Book, []error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC // told by the check of time-zone
	}
	return calendar.Compile(s.Calendars, s.SpecialDays, zone)
}

// checkCalendars learns the calendars' ids and checks each by compiling it alone.
func (c *checker) checkCalendars() {
	c.calendars = ids(c, "calendars", c.site.Calendars, func(x calendar.Calendar) string { return x.ID })
	for i, x := range c.site.Calendars {
		if _, errs := calendar.Compile([]calendar.Calendar{x}, nil, nil); len(errs) > 0 {
			c.refuse(at("calendars", i, "hours"), errs[0].Error(), "hours such as 08:00-18:00, or 22:00-06:00 over midnight")
		}
	}
	for i, x := range c.site.SpecialDays {
		if _, errs := calendar.Compile(nil, []calendar.Special{x}, nil); len(errs) > 0 {
			c.refuse(at("special-days", i, "until"), errs[0].Error(), "the last day, not before the first")
		}
	}
}
