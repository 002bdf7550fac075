package web

import (
	"time"

	"watchbox/firmware/engine"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Area is one room with those who went in by card and have not come out.
type Area struct {
	ID     string      `json:"id" doc:"of the room"`
	Label  point.Words `json:"label"`
	Frozen bool        `json:"frozen,omitempty" doc:"a fire zone is in alarm: the last known inside"`
	Count  int         `json:"count" doc:"without those seen leaving"`
	People []Insider   `json:"people"`
}

// Insider is one person inside.
type Insider struct {
	Who    string    `json:"who"`
	Since  time.Time `json:"since,omitzero" doc:"absent when nobody knew the time"`
	Age    float64   `json:"age" doc:"seconds; -1 when nobody knows"`
	Door   string    `json:"door" doc:"by which"`
	Unsure bool      `json:"unsure,omitempty" doc:"may have left unseen since"`
	Left   bool      `json:"left,omitempty" doc:"seen leaving during the fire"`
}

func areaViews(areas []zone.AreaView, now point.Instant) []Area {
	all := make([]Area, 0, len(areas))
	for _, a := range areas {
		x := Area{ID: a.ID, Label: a.Label, Frozen: a.Frozen, People: []Insider{}}
		for _, i := range a.People {
			x.People = append(x.People, insider(i, now))
			if !i.Left {
				x.Count++
			}
		}
		all = append(all, x)
	}
	return all
}

func insider(i zone.Insider, now point.Instant) Insider {
	x := Insider{Who: i.Who, Age: -1, Door: i.Door, Unsure: i.Unsure, Left: i.Left}
	if i.Since.Clock != point.ClockUnknown {
		x.Since = i.Since.Wall
	}
	if i.Since.Boot == now.Boot || !x.Since.IsZero() && now.Clock != point.ClockUnknown {
		x.Age = tenths(since(now, i.Since))
	}
	return x
}

// forgive takes a person, or all in a room, off the list of those inside.
func forgive(c *call) (any, error) {
	return nil, c.command(engine.Command{Verb: engine.Forgive, Target: c.r.PathValue("target")})
}
