package main

import (
	"fmt"
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
			row(t.ID, t.Label.In(c.lang), c.text("值班 %d 台，应运行 %d 台", "duty %d, needed %d", t.Duty, t.Needed), c.text("下次轮换 %s", "next %s", clock(t.Next)), c.troubles(t), t.Why.In(c.lang))
			for _, u := range t.Units {
				row("  "+u.ID, u.Label.In(c.lang), c.named("team", "state."+u.State), fmt.Sprintf("%.1f h", u.Hours), c.marks(u))
			}
		}
	})
}

// troubles are what keeps a team from its plan.
func (c *cli) troubles(t team.TeamView) string {
	return joined(mark{t.Short, c.text("可用机组不足", "TOO FEW")}, mark{t.Blackout, c.text("市电中断", "mains away")}, mark{t.Assist, c.text("温度高，增开", "assisting")})
}

// marks are what sets a unit apart.
func (c *cli) marks(u team.UnitView) string {
	return joined(mark{u.OnDuty, c.named("team", "duty")}, mark{u.Hand, c.text("手动（%s）", "hand, by %s", u.By)}, mark{u.Failed, c.named("team", "failed")},
		mark{!u.Faulty.IsZero(), u.Faulty.In(c.lang)}, mark{u.Ordered != "", c.named("team", "ordered."+u.Ordered)})
}

// mark is a word for what is so.
type mark struct {
	is   bool
	word string
}

func joined(marks ...mark) string {
	var said []string
	for _, m := range marks {
		if m.is {
			said = append(said, m.word)
		}
	}
	return strings.Join(said, ", ")
}
