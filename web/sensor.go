package web

import (
	"strings"

	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// SensorOrder names the sensor that takes the place of a dead one.
type SensorOrder struct {
	Address string `json:"address" doc:"its number on the 1-Wire chain, or its address on the I²C bus"`
}

// replaceSensor takes a device, or one of its points.
func replaceSensor(c *call) (any, error) {
	in, err := read[SensorOrder](c)
	if err != nil {
		return nil, err
	}
	if err := c.command(engine.Command{Verb: engine.Service, Target: "site"}); err != nil {
		return nil, err
	}
	id := c.r.PathValue("id")
	if strings.Contains(id, "/") {
		id = point.Name(id).Device()
	}
	return nil, c.box.ReplaceSensor(c.r.Context(), id, strings.ToLower(strings.TrimSpace(in.Address)), c.user.Name)
}
