package web

import "time"

// zoneHeader tells programs in which time zone the site lives.
const zoneHeader = "Watchbox-Time-Zone"

// zone is the site's time zone; UTC before there is a site.
func (s *Server) zone() *time.Location {
	if site := s.box.Site(); site != nil {
		return site.Zone()
	}
	return time.UTC
}

// moment reads a time from the query: RFC 3339, or 03:12 as the last such moment
// at the site; zero when it is not there.
func (c *call) moment(name string) (time.Time, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse("15:04", text); err == nil {
		return lastAt(t, c.options.Now().Wall.In(c.zone())), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, badRequest(name + ": want 03:12, or a time such as 2026-11-24T03:12:00+08:00")
	}
	return t, nil
}

// lastAt is the newest moment of this time of day that is not after now, in the
// time zone of now.
func lastAt(clock, now time.Time) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if t.After(now) {
		t = t.AddDate(0, 0, -1)
	}
	return t
}
