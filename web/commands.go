package web

import (
	"fmt"

	"watchbox/firmware/command"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// SelectOrder is the first step of a write.
type SelectOrder struct {
	Value  point.Value `json:"value"`
	Reason string      `json:"reason" doc:"why; kept in the journal"`
}

// ExecuteOrder is the second step.
type ExecuteOrder struct {
	ID string `json:"id" doc:"of the selection"`
}

// Commands are the newest writes.
type Commands struct {
	Commands []command.CommandView `json:"commands" doc:"newest first, at most 20"`
}

// mostReason bounds a reason, in bytes.
const mostReason = 500

func selectOutput(c *call) (any, error) {
	in, err := read[SelectOrder](c)
	if err != nil {
		return nil, err
	}
	e, err := c.entry()
	switch {
	case err != nil:
		return nil, err
	case in.Value.IsNone():
		return nil, badRequest("value is required")
	case len(in.Reason) > mostReason:
		return nil, badRequest(fmt.Sprintf("reason: at most %d bytes", mostReason))
	}
	return c.box.Select(c.r.Context(), engine.Command{Target: string(e.Point.Name), Value: in.Value, Comment: in.Reason, Actor: c.user.Name})
}

func executeOutput(c *call) (any, error) {
	in, err := read[ExecuteOrder](c)
	if err != nil {
		return nil, err
	}
	e, err := c.entry()
	if err != nil {
		return nil, err
	}
	return nil, c.command(engine.Command{Verb: engine.Execute, Target: string(e.Point.Name), Selection: in.ID})
}

func commandsView(v *engine.View) Commands {
	return Commands{append([]command.CommandView{}, v.Commands...)}
}

func listCommands(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return commandsView(v), nil
}
