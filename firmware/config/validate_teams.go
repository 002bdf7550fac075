package config

import (
	"fmt"

	"watchbox/firmware/point"
	"watchbox/firmware/team"
)

// checkTeams checks each team: its points, and that nobody else drives its units.
func (c *checker) checkTeams() {
	ids(c, "teams", c.site.Teams, func(t team.Team) string { return t.ID })
	taken := map[point.Name]point.Words{}
	for _, a := range c.site.Annunciators {
		taken[a.Output] = say("annunciator %s", a.ID)
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
			c.refuse(path("members"), Heard(errs[0]), say("a team of 2 to 8 units with at least one in reserve"))
		}
		if t.Mains == "" {
			c.warn(path("mains"), say("nothing"), say("the point that tells of a mains failure: without it units that went off by one are started late, as the last resort"))
		}
		if t.RotateDay != "" && t.RotateEvery > 0 {
			c.refuse(path("rotate-every"), say("rotate-every beside rotate-day"), say("one of both"))
		}
	}
}

func (c *checker) member(path string, m team.Member, id string, taken map[point.Name]point.Words) {
	run := path + ".run"
	c.point(run, m.Run)
	c.obeys(run, m.Run)
	c.strikeFree(run, m.Run)
	if by, twice := taken[m.Run]; twice {
		c.refuse(run, say("%s, which %s drives already", m.Run, by), say("each unit in one team"))
	}
	taken[m.Run] = say("team %s", id)
	c.point(path+".state", m.State)
	for k, f := range m.Failed {
		c.point(fmt.Sprintf("%s.failed[%d]", path, k), point.Name(f))
	}
}
