package config

import (
	"fmt"
	"slices"

	"watchbox/firmware/point"
)

var wallRows = []string{"alarm", "supervisory", "trouble", "armed", "power"}

// checkWall checks the status wall.
func (c *checker) checkWall() {
	w := c.site.Wall
	if w == nil {
		return
	}
	c.references("wall.rooms", w.Rooms, c.rooms)
	c.references("wall.rows", w.Rows, wallRows)
	var displays []string
	for _, d := range c.site.Devices {
		if d.Driver == "ledwall" {
			displays = append(displays, d.ID)
		}
	}
	c.reference("wall.device", w.Device, displays)
	c.stealthFor("wall.stealth-for", w.Stealth, w.StealthFor)
	if w.Night != nil {
		c.reference("wall.night.calendar", w.Night.Calendar, c.calendars)
	}
	c.point("wall.alive", w.Alive)
	if w.Alive == "" && c.overNetwork(w.Device) {
		c.warn("wall.alive", say("nothing"), say("the point up of a ping probe on the wall's controller: E1.31 has no receipt, and nothing else tells that the wall is dark"))
	}
	c.checkText(displays)
}

// overNetwork tells whether the display is fed over the LAN.
func (c *checker) overNetwork(id string) bool {
	return slices.ContainsFunc(c.site.Devices, func(d Device) bool {
		return d.ID == id && d.Driver == "ledwall" && d.Options["kind"] != "apa102"
	})
}

// checkText checks the wall's text part.
func (c *checker) checkText(displays []string) {
	t := c.site.Wall.Text
	if t == nil {
		return
	}
	c.reference("wall.text.device", t.Device, displays)
	if t.Height%16 != 0 {
		c.refuse("wall.text.height", asRead(fmt.Sprint(t.Height)), say("16, 32, 48 or 64: a line is 16 pixels high"))
	}
	for i, name := range t.Show {
		path := fmt.Sprintf("wall.text.show[%d]", i)
		c.point(path, point.Name(name))
		if slices.Contains(t.Show[:i], name) {
			c.refuse(path, say("%s a second time", quote(name)), say("each once"))
		}
	}
}

// stealthFor checks the partitions that count for stealth.
func (c *checker) stealthFor(path string, stealth bool, partitions []string) {
	c.references(path, partitions, c.partitions)
	if !stealth && len(partitions) > 0 {
		c.refuse(path, say("%s partitions", len(partitions)), say("none without stealth: true"))
	}
}
