package web

import (
	"cmp"
	"path"
	"slices"

	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

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
