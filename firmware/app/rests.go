package app

import (
	"cmp"
	"slices"
	"strings"

	"watchbox/firmware/annunciate"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
)

// Resting joins what boards and maps know of outputs with what the site file
// hangs on them: first the box's own terminals in the order of the site file.
func Resting(site *config.Site, rests []driver.Rest) (all []annunciate.Resting) {
	for _, r := range rests {
		o := annunciate.Resting{Rest: r, Kind: "command", Label: words(point.Words{}, string(r.Point))}
		for _, x := range site.Outputs {
			if x.Point == r.Point {
				o.Label, o.Room = words(x.Label, string(r.Point)), x.Room
			}
		}
		for _, d := range site.Devices {
			if d.ID == r.Point.Device() && r.Terminal == "" {
				label, item := words(d.Label, d.ID), words(r.Label, r.Point.Item())
				o.Label, o.Room = point.Words{Zh: label.Zh + " " + item.Zh, En: label.En + " " + item.En}, d.Room
			}
		}
		driven(site, &o)
		all = append(all, o)
	}
	return all
}

// driven finds who drives the output.
func driven(site *config.Site, o *annunciate.Resting) {
	for _, a := range site.Annunciators {
		if a.Output == o.Point {
			o.Kind, o.By = a.Kind, append(o.By, a.ID)
			o.Feedback = cmp.Or(o.Feedback, a.Feedback)
		}
	}
	for _, d := range site.Doors {
		if d.Strike == o.Point {
			o.Kind, o.By = "strike", append(o.By, d.ID)
		}
	}
	for _, t := range site.Teams {
		if slices.ContainsFunc(t.Members, func(m team.Member) bool { return m.Run == o.Point }) {
			o.Kind, o.By = "team", append(o.By, t.ID)
		}
	}
}

// Rests is what becomes of each output when nobody commands it. Never blocks.
func (a *App) Rests() []annunciate.Resting {
	var rests []driver.Rest
	for _, f := range *a.fitted.Load() {
		rests = append(rests, f.Rests...)
		if d, knows := f.Device.(driver.Rester); knows {
			rests = append(rests, d.Rests()...)
		}
	}
	slices.SortStableFunc(rests, func(x, y driver.Rest) int { // the box's own first, in their order
		if x.Terminal != "" || y.Terminal != "" {
			return cmp.Compare(y.Terminal, "") - cmp.Compare(x.Terminal, "")
		}
		return strings.Compare(string(x.Point), string(y.Point))
	})
	return Resting(a.site.Load(), rests)
}
