package web

import (
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

// Overview is the whole site in one look.
type Overview struct {
	At        time.Time     `json:"at"`
	Site      string        `json:"site"`
	Label     point.Words   `json:"label"`
	Box       string        `json:"box"`
	Version   string        `json:"version"`
	State     string        `json:"state" allowed:"normal|attention|alarm" doc:"alarm: one of priority 1 or 2 stands; attention: any other stands"`
	Standing  int           `json:"standing"`
	Unacked   int           `json:"unacknowledged"`
	Shelved   int           `json:"shelved"`
	Priority  []int         `json:"byPriority" doc:"standing alarms of priority 1, 2, 3, 4"`
	Rooms     []RoomView    `json:"rooms"`
	Health    HealthView    `json:"health"`
	Simulated []point.Words `json:"simulated" doc:"titles of the points whose value a person has put there for a time; normally none"`
}

// RoomView is one room's card.
type RoomView struct {
	ID      string       `json:"id" doc:"empty: what is in no room"`
	Label   point.Words  `json:"label"`
	Alarms  int          `json:"alarms"`
	Worst   int          `json:"worst" doc:"most urgent standing priority; 0 when none"`
	Keys    []point.Name `json:"keys" doc:"the points that tell most, most telling first"`
	Devices []string     `json:"devices"`
}

func overview(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return c.overview(v), nil
}

func (s *Server) overview(v *engine.View) Overview {
	now := s.options.Now()
	o := Overview{At: now.Wall, Version: s.options.Version, State: "normal", Priority: make([]int, 4), Health: s.healthView(v)}
	o.Box, _ = s.box.Identity()
	site := s.box.Site()
	if site != nil {
		o.Site, o.Label = site.ID, site.Label
	}
	for _, a := range v.Alarms {
		if !a.Shelved.IsZero() {
			o.Shelved++
		}
		if !a.Standing() || !a.Shelved.IsZero() {
			continue
		}
		o.Standing++
		o.Priority[min(max(a.Priority, 1), 4)-1]++
		if !a.Acknowledged {
			o.Unacked++
		}
	}
	switch {
	case o.Priority[0]+o.Priority[1] > 0:
		o.State = "alarm"
	case o.Standing > 0:
		o.State = "attention"
	}
	o.Rooms, o.Simulated = roomViews(site, v), []point.Words{}
	for _, x := range v.Simulations {
		o.Simulated = append(o.Simulated, x.Title)
	}
	return o
}

// roomViews makes the cards in the order of the site file; what names no room,
// or an unknown one, comes last in a card of its own.
func roomViews(site *config.Site, v *engine.View) []RoomView {
	rooms, place := []RoomView{}, map[string]int{}
	if site != nil {
		for _, r := range site.Rooms {
			place[r.ID] = len(rooms)
			rooms = append(rooms, RoomView{ID: r.ID, Label: r.Label, Keys: []point.Name{}, Devices: []string{}})
		}
	}
	loose := RoomView{Label: point.Words{Zh: "其他", En: "Other"}, Keys: []point.Name{}, Devices: []string{}}
	card := func(id string) *RoomView {
		if i, ok := place[id]; ok {
			return &rooms[i]
		}
		return &loose
	}
	for _, d := range v.Devices {
		r := card(d.Room)
		r.Devices = append(r.Devices, d.ID)
	}
	for _, a := range v.Alarms {
		if r := card(a.Room); a.Standing() && a.Shelved.IsZero() {
			r.Alarms++
			if r.Worst == 0 || a.Priority < r.Worst {
				r.Worst = a.Priority
			}
		}
	}
	for i := range v.Points.Len() {
		p := v.Points.At(i).Point
		r := card(p.Room)
		r.Keys = append(r.Keys, p.Name)
	}
	rooms = append(rooms, loose)
	for i := range rooms {
		rooms[i].Keys = mostTelling(v.Points, rooms[i].Keys)
	}
	if last := rooms[len(rooms)-1]; len(last.Devices)+len(last.Keys)+last.Alarms == 0 {
		rooms = rooms[:len(rooms)-1]
	}
	return rooms
}
