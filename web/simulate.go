package web

import (
	"fmt"
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/simulation"
)

// SimulateOrder puts a value in the place of what an input reads.
type SimulateOrder struct {
	Value   point.Value `json:"value"`
	Seconds int         `json:"seconds" doc:"10 to 14400; then it ends by itself"`
	Reason  string      `json:"reason,omitempty" doc:"kept in the journal"`
}

// Simulations are the values that people have put in the place of readings.
type Simulations struct {
	Simulations []simulation.SimulationView `json:"simulations" doc:"by point; empty when every value is really read"`
}

func simulationsView(v *engine.View) Simulations {
	return Simulations{append([]simulation.SimulationView{}, v.Simulations...)}
}

func listSimulations(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return simulationsView(v), nil
}

func simulate(c *call) (any, error) {
	in, err := read[SimulateOrder](c)
	if err != nil {
		return nil, err
	}
	e, err := c.entry()
	switch {
	case err != nil:
		return nil, err
	case in.Value.IsNone():
		return nil, badRequest("value is required")
	case in.Seconds < 0 || in.Seconds > int(simulation.Most/time.Second):
		return nil, badRequest(fmt.Sprintf("seconds: want %d to %d", int(simulation.Least/time.Second), int(simulation.Most/time.Second)))
	case len(in.Reason) > mostReason:
		return nil, badRequest(fmt.Sprintf("reason: at most %d bytes", mostReason))
	}
	return nil, c.command(engine.Command{Verb: engine.Simulate, Target: string(e.Point.Name), Value: in.Value, For: time.Duration(in.Seconds) * time.Second, Comment: in.Reason})
}

func endSimulation(c *call) (any, error) {
	e, err := c.entry()
	if err != nil {
		return nil, err
	}
	return nil, c.command(engine.Command{Verb: engine.EndSimulate, Target: string(e.Point.Name)})
}

func endSimulations(c *call) (any, error) {
	return nil, c.command(engine.Command{Verb: engine.EndSimulate, Target: "*"})
}
