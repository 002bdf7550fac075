package web

import (
	"watchbox/firmware/engine"
	"watchbox/firmware/team"
)

// Teams are the air-conditioners that take turns.
type Teams struct {
	Teams []team.TeamView `json:"teams"`
}

func teamsView(v *engine.View) Teams {
	return Teams{append([]team.TeamView{}, v.Teams...)}
}

func listTeams(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return teamsView(v), nil
}

// handing makes the handler that takes a unit out of its team, or gives it back.
func handing(verb engine.Verb) func(*call) (any, error) {
	return func(c *call) (any, error) {
		name := c.r.PathValue("id") + "/" + c.r.PathValue("unit")
		return nil, c.noUnit(name, c.command(engine.Command{Verb: verb, Target: name}))
	}
}
