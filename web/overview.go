package web

import (
	"cmp"
	"path"
	"slices"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/live"
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

// HealthView is how the guard itself is.
type HealthView struct {
	OK        bool      `json:"ok"`
	JournalOK bool      `json:"journalOk"`
	Journal   string    `json:"journal,omitempty"`
	SafeMode  bool      `json:"safeMode"`
	Started   time.Time `json:"started"`
	Uptime    float64   `json:"uptime" doc:"seconds"`
	Dropped   uint64    `json:"dropped" doc:"samples that were replaced before they were looked at"`
	LostEdges uint64    `json:"lostEdges"`
	Clock     string    `json:"clock" allowed:"unknown|rtc|synchronised"`
	Devices   int       `json:"devices"`
	Faulty    int       `json:"devicesFaulty"`
	Streams   int       `json:"streams" doc:"open event streams"`
	Version   string    `json:"version"`
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

// telling lists the items that a card shows, most telling first, in NUT's words
// and those of our maps; * matches within one part.
var telling = []string{
	"temperature", "ambient.temperature", "return.temperature", "supply.temperature", "humidity", "ambient.humidity", "return.humidity",
	"ups.status", "status", "output.source", "unit.on", "cooling", "battery.charge", "ups.load", "battery.runtime",
	"input.voltage", "input.l1-n.voltage", "input.l2-n.voltage", "input.l3-n.voltage", "input.realpower", "output.voltage",
	"alarm", "battery.low", "dew-point", "up", "latency", "loss", "if.*.status", "if.*.in.rate", "if.*.out.rate",
	"registered", "sim", "signal", "online", "contact", "hazards",
	"disk.free", "memory.available", "flash.used", "flash.years", "clock", // of the box itself
}

// How many values a card shows: of one device (or group of contacts), and in all.
const (
	keysOfDevice = 6
	keysOfRoom   = 60
)

// rank is the place of the point in telling; a contact with texts of its own
// counts like the last of them. ok is false for what a card does not show.
func rank(p *point.Point) (place int, ok bool) {
	for i, pattern := range telling {
		if fits, _ := path.Match(pattern, p.Name.Item()); fits {
			return i, true
		}
	}
	contact := p.Kind == point.Bool && len(p.States) > 0 && p.Urgent
	return len(telling), contact
}

// mostTelling keeps the best of each device, most telling first. A device that
// has nothing telling shows its first measured quantities.
func mostTelling(points live.Snapshot, names []point.Name) []point.Name {
	kept := []point.Name{}
	for _, group := range byDevice(names) {
		var told, measured []point.Name
		for _, n := range group {
			e, _ := points.Get(n)
			if e.Last.Quality.Reason == point.NotPresent {
				continue // the device has no such item: nothing to look at
			}
			if _, ok := rank(e.Point); ok {
				told = append(told, n)
			} else if e.Point.Kind == point.Real {
				measured = append(measured, n)
			}
		}
		sortByRank(points, told)
		if len(told) == 0 {
			told = measured[:min(len(measured), keysOfDevice/2)]
		}
		kept = append(kept, told[:min(len(told), keysOfDevice)]...)
	}
	sortByRank(points, kept)
	return kept[:min(len(kept), keysOfRoom)]
}

func sortByRank(points live.Snapshot, names []point.Name) {
	place := func(n point.Name) int {
		e, _ := points.Get(n)
		i, _ := rank(e.Point)
		return i
	}
	slices.SortStableFunc(names, func(a, b point.Name) int { return cmp.Compare(place(a), place(b)) })
}

// byDevice splits names, which come in order, where the device changes.
func byDevice(names []point.Name) (groups [][]point.Name) {
	for i, n := range names {
		if i == 0 || n.Device() != names[i-1].Device() {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], n)
	}
	return groups
}

func health(c *call) (any, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	return c.healthView(v), nil
}

func (s *Server) healthView(v *engine.View) HealthView { return s.healthOfStreams(v, s.hub.count()) }

func (s *Server) healthOfStreams(v *engine.View, streams int) HealthView {
	now, h := s.options.Now(), v.Health
	out := HealthView{JournalOK: h.JournalOK, Journal: h.Journal, SafeMode: h.SafeMode, Started: h.Started,
		Uptime: tenths(max(0, now.Wall.Sub(h.Started))), Dropped: h.Dropped, LostEdges: h.LostEdges, Clock: v.At.Clock.String(),
		Devices: len(v.Devices), Streams: streams, Version: s.options.Version}
	for _, d := range v.Devices {
		if !d.OK {
			out.Faulty++
		}
	}
	out.OK = h.JournalOK && !h.SafeMode && out.Faulty == 0
	return out
}
