package config

import (
	"errors"
	"time"

	"watchbox/firmware/calendar"
)

// Book is the site's calendars, compiled; what its errors name is missing from it.
func (s *Site) Book() (*calendar.Book, []error) {
	return calendar.Compile(s.Calendars, s.SpecialDays, s.Zone())
}

// Zone is where the site's clocks are; UTC for a name that the check of time-zone
// refuses. Reads the zone's file or its embedded copy each time.
func (s *Site) Zone() *time.Location {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// checkCalendars learns the calendars' ids and says what their own compiler
// says, each at its place. Ids are checked like all others.
func (c *checker) checkCalendars() {
	c.calendars = ids(c, "calendars", c.site.Calendars, func(x calendar.Calendar) string { return x.ID })
	_, faults := c.site.Book()
	for _, err := range faults {
		var f *calendar.Fault
		if errors.As(err, &f) && f.Key != "id" {
			c.refuse(at(f.List, f.Index, f.Key), heardBook.Words(f.Read), heardBook.Words(f.Allowed))
		}
	}
}
