package app

import (
	"watchbox/firmware/command"
	"watchbox/firmware/point"
)

// briefs lets the wall show in one line how a device is.
func (c *compiled) briefs(of func(point.Name) point.Words) {
	c.around.Brief = of
	c.plan.Around(c.around)
}

// brief is the device of that point in one line, as its map words it, with what is
// known now; marked when any of that is simulated. Empty where the map has no such line
// or nothing in it is known. Never blocks; the engine, the desk and others call it.
func (a *App) brief(of point.Name) point.Words {
	if a.engine == nil || a.fitted.Load() == nil {
		return point.Words{}
	}
	view, known, simulated := a.engine.View(), false, false
	line := (*a.fitted.Load())[of.Device()].Brief.Fill(func(item string) point.Words {
		e, _ := view.Points.Get(point.Join(of.Device(), item))
		if !e.Seen || !e.Last.Quality.Usable() {
			return point.Words{Zh: "—", En: "—"}
		}
		known, simulated = true, simulated || e.Last.Quality.IsSimulated()
		return command.Shown(e.Point, e.Last.Value)
	})
	switch {
	case !known:
		return point.Words{}
	case simulated:
		return line.Simulated()
	}
	return line
}
