package app

import (
	"slices"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/calendar"
	"watchbox/firmware/command"
	"watchbox/firmware/commission"
	"watchbox/firmware/config"
	"watchbox/firmware/derive"
	"watchbox/firmware/engine"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
	"watchbox/firmware/team"
	"watchbox/firmware/zone"
)

// compiled is a site file made ready for the engine, outside of it.
type compiled struct {
	table   *live.Table
	derive  *derive.Set
	panel   *zone.Panel
	zones   zone.Definition
	program *alarm.Program
	plan    *annunciate.Planner
	teams   *team.Machine
	around  annunciate.Around
	book    *calendar.Book
	points  []point.Point
	site    *config.Site
}

// compile makes the engine's machines of a site file and its fittings. What is
// wrong is left out and named; the rest guards.
func compile(site *config.Site, f Fittings) (c compiled, problems []error) {
	c.site = site
	note := func(errs ...error) {
		problems = append(problems, slices.DeleteFunc(errs, func(e error) bool { return e == nil })...)
	}
	points := readBack(describe(f), site)
	var errs []error
	c.derive, errs = derive.New(derivations(site, f), points)
	note(errs...)
	points = append(points, c.derive.Points()...)
	var err error
	if c.table, err = live.New(points); err != nil {
		note(err)
		points = unique(points)
		c.table, _ = live.New(points)
	}
	c.points = points
	c.book, errs = site.Book()
	note(errs...)
	c.zones = zone.Definition{Zones: site.Zones, Partitions: site.Partitions, Doors: site.Doors, Admit: config.Admit(site.Cards, c.book), Calendars: c.book,
		Rooms: roomLabels(site), Consent: site.Consent == "required"}
	c.panel, errs = zone.New(c.zones)
	note(errs...)
	c.program, errs = alarm.Compile(site.Alarms, points, slices.Concat(mapless(definitions(site, c.panel), f), command.Definitions(points), team.Definitions(site.Teams)))
	note(errs...)
	c.program.Grade(site.Grades)
	c.plan, err = annunciate.New(site.Annunciators, site.Wall) // with an error it drives the right ones
	note(err)
	c.teams, errs = team.New(site.Teams, site.Zone())
	note(errs...)
	c.around = annunciate.Around{Site: words(site.Label, site.ID), Zone: c.book.Zone(), Points: points, Calendars: c.book}
	c.plan.Around(c.around)
	return c, problems
}

// definitions are the alarms that no rule raises: of the panel, of outputs, of
// the box itself.
func definitions(site *config.Site, panel *zone.Panel) []alarm.Definition {
	return slices.Concat(blame(panel.Definitions(), site), annunciate.Definitions(site.Annunciators), annunciate.WallDefinitions(site.Wall, troubleWall), troubles(site))
}

// parts are the machines of a box that starts.
func (c compiled) parts(now point.Instant) engine.Parts {
	machine, _ := alarm.New(nil, nil, nil)
	machine.Rooms(roomLabels(c.site))
	machine.Calendars(c.book)
	machine.Swap(now, c.program)
	return engine.Parts{Table: c.table, Derive: c.derive, Panel: c.panel, Alarms: machine, Plan: c.plan, Teams: c.teams,
		Checklist: commission.New(c.items(), c.points),
		Always:    alwaysInputs(c.site), Rooms: roomLabels(c.site)}
}

// Parts are the machines of a site by themselves, without a box around them: for
// whoever holds the decisions against a text, a clause or a record of the past.
// What the errors name is missing from them.
func Parts(site *config.Site, f Fittings, now point.Instant) (engine.Parts, []error) {
	c, errs := compile(site, f)
	return c.parts(now), errs
}

// into swaps the site into running machines; only the engine's goroutine calls it.
func (c compiled) into(now point.Instant, p *engine.Parts) {
	p.Table, p.Derive = c.table, c.derive
	p.Always, p.Rooms = alwaysInputs(c.site), roomLabels(c.site)
	p.Panel.Reload(now, c.zones)
	p.Alarms.Rooms(p.Rooms)
	p.Alarms.Calendars(c.book)
	p.Alarms.Swap(now, c.program)
	p.Plan.Around(c.around)
	_ = p.Plan.Reload(c.site.Annunciators, c.site.Wall)
	_ = p.Teams.Reload(now, c.site.Teams, c.site.Zone())
	p.Checklist.Reload(c.items(), c.points)
}

// items are what a handover of the site has to test.
func (c compiled) items() []commission.Item {
	var relays []commission.Relay
	for _, o := range c.site.Outputs {
		r := commission.Relay{Point: o.Point, Feedback: o.Feedback, Label: o.Label, Room: o.Room}
		for _, a := range c.site.Annunciators {
			if a.Output == o.Point && r.Feedback == "" {
				r.Feedback = a.Feedback
			}
		}
		relays = append(relays, r)
	}
	list, kept := commission.Items(c.site.Zones, c.site.Doors, relays, c.points), c.site.Kept().Points
	for i := range list {
		list[i].Silent = slices.ContainsFunc(list[i].Watch, func(n point.Name) bool { return kept[n] })
	}
	return list
}

// describe lists every point of every device.
func describe(f Fittings) []point.Point {
	var all []point.Point
	for _, d := range f.Devices {
		for _, p := range d.Device.Describe() {
			if !d.First { // a contact is known by its own name, not by the box's
				p.Owner, p.Asset = words(d.Spec.Label, d.Spec.ID), d.Spec.Asset
			}
			all = append(all, p)
		}
	}
	return all
}

// readBack tells each output of the box by which point a command is read back.
func readBack(points []point.Point, site *config.Site) []point.Point {
	by := map[point.Name]point.Name{}
	for _, o := range site.Outputs {
		by[o.Point] = o.Feedback
	}
	for i := range points {
		if b := by[points[i].Name]; b != "" {
			points[i].Feedback = b
		}
	}
	return points
}

// unique keeps the first of points with the same name, so that a mistake costs
// one point and not the start.
func unique(points []point.Point) (kept []point.Point) {
	seen := map[point.Name]bool{}
	for _, p := range points {
		if !seen[p.Name] {
			seen[p.Name] = true
			kept = append(kept, p)
		}
	}
	return kept
}

// derivations are the computed points of the site file and the rates of the
// counters that devices bring along.
func derivations(site *config.Site, f Fittings) []derive.Definition {
	var all []derive.Definition
	for _, d := range site.Derived {
		all = append(all, derive.Definition{Point: d.Point, Label: d.Label, Room: d.Room, Kind: d.Kind,
			From: pointNames(d.From), Unit: d.Unit, Scale: d.Scale})
	}
	for _, d := range f.Devices {
		for _, c := range d.Counters {
			all = append(all, derive.Definition{Point: c.Point, Label: c.Label, Room: c.Room, Kind: "rate",
				From: []point.Name{c.From}, Clock: c.Clock, Unit: c.Unit, Scale: c.Scale})
		}
	}
	return all
}

func pointNames(list []string) (n []point.Name) {
	for _, s := range list {
		n = append(n, point.Name(s))
	}
	return n
}

// alwaysInputs are the contacts of 24-hour zones: their edges are never dropped.
func alwaysInputs(site *config.Site) map[point.Name]bool {
	inputs := map[point.Name]bool{}
	for _, z := range site.Zones {
		if z.Always() || z.Loop != nil { // a line is guarded armed or not
			inputs[z.Input] = true
		}
		if z.Tamper != "" {
			inputs[z.Tamper] = true
		}
	}
	return inputs
}
