package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/point"
	"watchbox/web"
)

// simulate POINT VALUE --for 10m [REASON] begins, POINT end and all end ends it; without
// arguments it lists what is simulated.
func simulate(c *cli, args []string) error {
	switch {
	case len(args) == 0:
		return c.simulations()
	case slices.Equal(args, []string{"end"}) || slices.Equal(args, []string{"all", "end"}):
		return c.call("DELETE", "simulations", nil, nil)
	case len(args) == 2 && args[1] == "end":
		return c.call("DELETE", "points/"+url.PathEscape(args[0])+"/simulation", nil, nil)
	}
	i := slices.Index(args, "--for")
	if i != 2 || len(args) < 4 {
		return fmt.Errorf("usage: watchbox simulate %s", verbs()["simulate"].use)
	}
	length, err := time.ParseDuration(args[3])
	if err != nil {
		return fmt.Errorf("--for: read %q, allowed a time such as 90s, 10m or 2h", args[3])
	}
	value, err := c.simulated(args[0], args[1])
	if err != nil {
		return err
	}
	return c.call("POST", "points/"+url.PathEscape(args[0])+"/simulation",
		web.SimulateOrder{Value: value, Seconds: int(length / time.Second), Reason: strings.Join(args[4:], " ")}, nil)
}

// simulated reads what the person typed, for a point of any kind.
func (c *cli) simulated(name, text string) (point.Value, error) {
	quiet := *c
	quiet.json = false
	var p web.PointView
	if err := quiet.call("GET", "points/"+url.PathEscape(name), nil, &p); err != nil {
		return point.Value{}, err
	}
	if p.Kind == point.Text.String() {
		return point.OfText(text), nil
	}
	return c.value(name, text)
}

// simulations lists what is simulated, with what is read meanwhile.
func (c *cli) simulations() error {
	var list web.Simulations
	if err := c.call("GET", "simulations", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range list.Simulations {
			read := cmp.Or(v.Read.In(c.lang), "–")
			if !v.Good {
				read += "?"
			}
			row("SIM", v.Point, v.Title.In(c.lang), v.Shown.In(c.lang), c.text("实际 %s", "really %s", read), c.text("至 %s", "until %s", clock(v.Until.Wall)), v.Actor, v.Reason)
		}
	})
}
