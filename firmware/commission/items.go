package commission

import (
	"slices"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

// Relay is an output of the box with the point that shows whether it obeyed.
type Relay struct {
	Point, Feedback point.Name
	Label           point.Words
	Room            string
}

// Items lists what a site has to be tested: zones, doors and outputs in the order of
// the site file, then every other point by its name.
func Items(zones []zone.Zone, doors []zone.Door, relays []Relay, points []point.Point) (items []Item) {
	add := func(kind Kind, id string, label point.Words, room string, watch ...point.Name) {
		if label.IsZero() {
			label = point.Words{Zh: id, En: id}
		}
		watch = slices.DeleteFunc(watch, func(n point.Name) bool { return n == "" })
		items = append(items, Item{Key: string(kind) + "/" + id, Kind: kind, Label: label, Room: room, Watch: slices.Compact(watch)})
	}
	outputs := map[point.Name]bool{}
	for _, z := range zones {
		add(Zone, z.ID, z.Label, z.Room, z.Input, z.Tamper)
	}
	for _, d := range doors {
		add(Door, d.ID, d.Label, d.Room, d.Contact, d.Exit, d.Reader, d.ExitReader, d.Strike)
	}
	for _, r := range relays {
		outputs[r.Point] = true
		add(Output, string(r.Point), r.Label, r.Room, r.Point, r.Feedback)
	}
	for _, p := range points {
		if !outputs[p.Name] && p.Name.Device() != driver.Terminals { // that one counts edges
			add(Point, string(p.Name), p.Title(), p.Room, p.Name)
		}
	}
	return items
}
