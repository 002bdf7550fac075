package main

import (
	"net/url"

	"watchbox/web"
)

// sensor replace POINT NUMBER gives the points of a dead sensor to another one.
func sensor(c *cli, args []string) error {
	if len(args) != 3 || args[0] != "replace" {
		return need("sensor", nil, 1)
	}
	return c.call("POST", "sensors/"+url.PathEscape(args[1])+"/replace", web.SensorOrder{Address: args[2]}, nil)
}
