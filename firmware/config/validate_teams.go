package config

import (
	"fmt"

	"watchbox/firmware/point"
	"watchbox/firmware/team"
)

// checkTeams checks each team: its points, and that nobody else drives its units.
func (c *checker) checkTeams() {
	ids(c, "teams", c.site.Teams, func(t team.Team) string { return t.ID })
	taken := map[point.Name]string{}
	for _, a := range c.site.Annunciators {
		taken[a.Output] = "annunciator " + a.ID
	}
	for i, t := range c.site.Teams {
		path := func(key string) string { return at("teams", i, key) }
		c.reference(path("room"), t.Room, c.rooms)
		c.point(path("temperature"), t.Temperature)
		c.point(path("mains"), t.Mains)
		for j, m := range t.Members {
			c.member(fmt.Sprintf("%s[%d]", path("members"), j), m, t.ID, taken)
		}
		if _, errs := team.New([]team.Team{t}, nil); len(errs) > 0 {
			c.refuse(path("members"), errs[0].Error(), "a team of 2 to 8 units with at least one in reserve")
		}
		if t.Mains == "" {
			c.warn(path("mains"), "nothing", "the point that tells of a mains failure: without it units that went off by one are started late, as the last resort")
		}
		if t.RotateDay != "" && t.RotateEvery > 0 {
			c.refuse(path("rotate-every"), "rotate-every beside rotate-day", "one of both")
		}
	}
}

func (c *checker) member(path string, m team.Member, id string, taken map[point.Name]string) {
	run := path + ".run"
	c.point(run, m.Run)
	c.obeys(run, m.Run)
	c.strikeFree(run, m.Run)
	if by, twice := taken[m.Run]; twice {
		c.refuse(run, string(m.Run)+", which "+by+" drives already", "each unit in one team")
	}
	taken[m.Run] = "team " + id
	c.point(path+".state", m.State)
	for k, f := range m.Failed {
		c.point(fmt.Sprintf("%s.failed[%d]", path, k), point.Name(f))
	}
}
