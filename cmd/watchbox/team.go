package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"watchbox/firmware/team"
	"watchbox/web"
)

// teams shows the teams; hand or auto TEAM/UNIT takes a unit out or gives it back.
func teams(c *cli, args []string) error {
	if len(args) > 0 {
		id, unit, ok := strings.Cut(args[len(args)-1], "/")
		if len(args) != 2 || !ok || !slices.Contains([]string{"hand", "auto"}, args[0]) {
			return need("team", nil, 1)
		}
		return c.call("POST", "teams/"+url.PathEscape(id)+"/units/"+url.PathEscape(unit)+"/"+args[0], nil, nil)
	}
	var list web.Teams
	if err := c.call("GET", "teams", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, t := range list.Teams {
			row(t.ID, t.Label.In(c.lang), fmt.Sprintf("duty %d, needed %d", t.Duty, t.Needed), "next "+clock(t.Next), words(map[string]bool{"TOO FEW": t.Short, "mains away": t.Blackout, "assisting": t.Assist}), t.Why.In(c.lang))
			for _, u := range t.Units {
				row("  "+u.ID, u.Label.In(c.lang), u.State, fmt.Sprintf("%.1f h", u.Hours), marks(u, c.lang))
			}
		}
	})
}

// marks are what sets a unit apart.
func marks(u team.UnitView, lang string) string {
	return words(map[string]bool{"on duty": u.OnDuty, "hand, by " + u.By: u.Hand, "failed": u.Failed, u.Faulty.In(lang): !u.Faulty.IsZero(), "ordered to " + u.Ordered: u.Ordered != ""})
}

// words are those that are true, in a fixed order.
func words(of map[string]bool) string {
	maps.DeleteFunc(of, func(_ string, is bool) bool { return !is })
	return strings.Join(slices.Sorted(maps.Keys(of)), ", ")
}
