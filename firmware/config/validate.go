package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the image has no time zone files of its own

	"watchbox/firmware/point"
)

// World is what a site file may refer to and this package cannot know. A nil
// field is not checked.
type World struct {
	// Terminals of the board with what each is: input, output, serial, modem, reader …
	Terminals map[string]string
	Drivers   []string // of devices, as drivers/all lists them
	Maps      []string // "huawei/ups2000"
	// Own are the installer's own maps, with what is wrong with each that the site
	// names; zero is nothing.
	Own map[string]point.Words
	// Points that the devices give, beside those of inputs, outputs and derived.
	Points []point.Name
	// Writable are those of them that a command may set.
	Writable []point.Name
	// Texts are those that are words, no number.
	Texts []point.Name
	// Worst is the slowest answer that a device on a shared wire declares, by its id.
	Worst map[string]time.Duration
}

// Validate checks what refers to what and lists all problems and warnings, in
// the order of the file. Pure; the site may have its secrets resolved or not.
func Validate(site *Site, world World) []Problem {
	c := &checker{site: site, world: world}
	c.collect()
	c.checkSite()
	c.checkNetwork()
	c.checkHardware()
	c.checkDevices()
	c.checkDerived()
	c.checkZones()
	c.checkPartitions()
	c.checkDoors()
	c.checkCards()
	c.checkAlarms()
	c.checkAnnunciators()
	c.checkWall()
	c.checkTeams()
	c.checkDialOut()
	c.checkUpstream()
	c.checkModbusServer()
	c.checkModbusProxy()
	return sorted(c.problems)
}

// checker holds what one validation has learnt.
type checker struct {
	site     *Site
	world    World
	problems []Problem

	rooms, buses, devices, partitions []string
	zones, doors, contacts, channels  []string
	calendars                         []string
	points                            []point.Name // known for certain
	outputs                           []string
	known                             map[point.Name]bool
	complete                          bool            // points holds all there are
	givers                            map[string]bool // device parts that give points
	lost                              map[string]bool // devices whose own map is: nobody knows their points
}

func (c *checker) refuse(path string, read, allowed point.Words) {
	c.put(path, Invalid, read, allowed)
}

func (c *checker) put(path string, code Code, read, allowed point.Words) {
	c.problems = append(c.problems, c.site.problem(path, code, read, allowed))
}

func (c *checker) warn(path string, read, allowed point.Words) {
	p := c.site.Problem(path, read, allowed)
	p.Warning = true
	c.problems = append(c.problems, p)
}

// at makes the path of one entry's key: at("devices", 3, "unit").
func at(list string, i int, key string) string { return join(fmt.Sprintf("%s[%d]", list, i), key) }

// collect learns every id and checks that each is a plain word and comes once.
func (c *checker) collect() {
	s := c.site
	c.rooms = ids(c, "rooms", s.Rooms, func(r Room) string { return r.ID })
	c.buses = ids(c, "buses", s.Buses, func(b Bus) string { return b.ID })
	c.devices = ids(c, "devices", s.Devices, func(d Device) string { return d.ID })
	c.partitions = collectZones(c)
	c.doors = doorIDs(c)
	c.checkCalendars()
	ruleIDs(c)
	c.contacts, c.channels = peopleIDs(c)
	c.collectPoints()
}

func ids[T any](c *checker, list string, entries []T, id func(T) string) []string {
	var all []string
	for i, e := range entries {
		path, read := at(list, i, "id"), id(e)
		switch {
		case !plainID(read):
			c.refuse(path, quoted(read), say("a short name of lower-case letters, digits, '-', '_' or '.'"))
		case slices.Contains(all, read):
			c.put(path, Duplicate, say("%s, which is already the id of %s", read, fmt.Sprintf("%s[%d]", list, slices.Index(all, read))), say("each id once"))
		}
		all = append(all, read)
	}
	return all
}

// plainID is true for what may be the first part of a point's name.
func plainID(s string) bool { return point.Join(s, "x").Check() == nil && !strings.Contains(s, "/") }

// collectPoints learns which points there are, and that each has one giver.
func (c *checker) collectPoints() {
	c.known, c.givers, c.complete = map[point.Name]bool{}, map[string]bool{}, c.world.Points != nil
	own := map[point.Name]string{}
	give := func(path string, p point.Name) {
		c.givers[p.Device()] = true
		if other, twice := own[p]; twice {
			c.put(path, Duplicate, say("%s, which %s gives already", p, other), say("each point once"))
			return
		}
		own[p] = path
	}
	for i, in := range c.site.Inputs {
		give(at("inputs", i, "point"), in.Point)
	}
	for i, out := range c.site.Outputs {
		give(at("outputs", i, "point"), out.Point)
		c.outputs = append(c.outputs, string(out.Point))
	}
	for i, d := range c.site.Derived {
		give(at("derived", i, "point"), d.Point)
	}
	c.lost = map[string]bool{}
	for _, d := range c.site.Devices {
		c.givers[d.ID], c.lost[d.ID] = true, c.lostMap(d)
	}
	for _, p := range c.world.Points {
		c.known[p], c.givers[p.Device()] = true, true
	}
	for p := range own {
		c.known[p] = true
	}
	for p := range c.known {
		c.points = append(c.points, p)
	}
	slices.Sort(c.points)
}

// checkSite checks the head of the file.
func (c *checker) checkSite() {
	s := c.site
	if !plainID(s.ID) {
		c.refuse("id", quoted(s.ID), say("a short name of lower-case letters, digits, '-', '_' or '.'"))
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		c.refuse("time-zone", quoted(s.TimeZone), say("a name of the time zone database, such as Asia/Shanghai"))
	}
}

// reference checks that an id exists; empty is no reference.
func (c *checker) reference(path, id string, all []string) {
	if id != "" && !slices.Contains(all, id) {
		c.put(path, UnknownReference, quoted(id), oneOf(id, all))
	}
}

// references checks a list of ids, each of which may come once.
func (c *checker) references(path string, list, all []string) {
	for i, id := range list {
		here := fmt.Sprintf("%s[%d]", path, i)
		c.reference(here, id, all)
		if slices.Contains(list[:i], id) {
			c.put(here, Duplicate, say("%s a second time", quote(id)), say("each once"))
		}
	}
}

// point checks that somebody gives the point; empty is no reference. While the
// maps are not known it checks the device only.
func (c *checker) point(path string, p point.Name) {
	if p == "" || c.known[p] || c.lost[p.Device()] || !c.complete && c.givers[p.Device()] {
		return
	}
	near := make([]string, 0, len(c.points))
	for _, q := range c.points {
		if q.Device() == p.Device() || !c.givers[p.Device()] {
			near = append(near, string(q))
		}
	}
	c.put(path, UnknownReference, quoted(string(p)), say("a point of the site: %s", oneOf(string(p), near)))
}
