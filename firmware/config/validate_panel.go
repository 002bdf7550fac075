package config

import (
	"fmt"
	"slices"
	"time"

	"watchbox/firmware/point"
	"watchbox/firmware/zone"
)

func collectZones(c *checker) []string {
	c.zones = ids(c, "zones", c.site.Zones, func(z zone.Zone) string { return z.ID })
	return ids(c, "partitions", c.site.Partitions, func(p zone.Partition) string { return p.ID })
}

func doorIDs(c *checker) []string {
	return ids(c, "doors", c.site.Doors, func(d zone.Door) string { return d.ID })
}

// checkZones checks each zone: its contact, its partition, what its type allows.
func (c *checker) checkZones() {
	watched := map[point.Name]string{}
	for i, z := range c.site.Zones {
		path := func(key string) string { return at("zones", i, key) }
		c.point(path("input"), z.Input)
		c.reference(path("room"), z.Room, c.rooms)
		c.reference(path("partition"), z.Partition, c.partitions)
		switch armed := slices.Contains([]string{"instant", "entry", "follower", "key-switch", "exit-button"}, z.Type); {
		case armed && z.Partition == "":
			c.refuse(path("partition"), say("nothing"), say("the partition that arms it: a zone of type %s guards only while armed", z.Type))
		case !armed && z.Partition != "":
			c.refuse(path("partition"), quoted(z.Partition), say("nothing: a zone of type %s guards always", z.Type))
		}
		if z.Silent && z.Type != "panic" {
			c.refuse(path("silent"), say("true"), say("true for panic zones only"))
		}
		if other, twice := watched[z.Input]; twice {
			c.refuse(path("input"), say("%s, which %s watches already", z.Input, other), say("each contact in one zone: a tamper is a zone of its own"))
		}
		watched[z.Input] = z.ID
		c.checkLoop(path, z)
		c.checkPanic(path, z)
	}
}

// checkLoop checks the resistors of a supervised loop and the tamper contact.
func (c *checker) checkLoop(path func(string) string, z zone.Zone) {
	if z.Loop != nil {
		if err := z.Loop.Check(); err != nil {
			c.refuse(path("loop"), Heard(err), say("resistors that are clearly apart"))
		}
	}
	c.point(path("tamper"), z.Tamper)
	if z.Tamper == z.Input {
		c.refuse(path("tamper"), quoted(string(z.Tamper)), say("a contact of its own, not the detector's"))
	}
}

// checkPartitions checks the calendars that arm.
func (c *checker) checkPartitions() {
	for i, a := range c.site.Partitions {
		c.schedule(at("partitions", i, "armed-by"), a.ArmedBy)
		c.schedule(at("partitions", i, "late"), a.Late)
		if a.AutoDisarm && a.ArmedBy == "" {
			c.refuse(at("partitions", i, "auto-disarm"), say("true without armed-by"), say("armed-by: a calendar"))
		}
	}
}

// checkPanic warns of what makes a panic button less sure than it can be, and
// refuses what makes it or a tamper contact slow.
func (c *checker) checkPanic(path func(string) string, z zone.Zone) {
	slow := slices.Contains([]string{"panic", "tamper"}, z.Type) && c.slowBus(path("input"), z.Input)
	c.slowBus(path("tamper"), z.Tamper)
	if z.Type != "panic" {
		return
	}
	if !slow && c.onBus(z.Input) {
		c.warn(path("input"), say("%s, which comes over a shared bus", z.Input), say("a terminal of the box: a panic button must not wait for a bus"))
	}
	for i, in := range c.site.Inputs {
		if in.Point == z.Input && in.Rest == "open" {
			c.warn(at("inputs", i, "rest"), say("open for a panic button"), say("closed, so that a cut wire is noticed"))
		}
	}
}

// checkDoors checks each door, and that the installer has given his word on it.
func (c *checker) checkDoors() {
	readers := map[point.Name]string{}
	for i, d := range c.site.Doors {
		path := func(key string) string { return at("doors", i, key) }
		c.reference(path("room"), d.Room, c.rooms)
		c.point(path("contact"), d.Contact)
		c.point(path("exit"), d.Exit)
		c.reader(path("reader"), d.Reader, readers)
		c.reader(path("exit-reader"), d.ExitReader, readers)
		c.checkPassage(path, d)
		if d.Strike != "" && !slices.Contains(c.outputs, string(d.Strike)) {
			c.put(path("strike"), UnknownReference, quoted(string(d.Strike)), say("the point of an output: %s", oneOf(string(d.Strike), c.outputs)))
		}
		if d.Reader != "" && d.Strike == "" {
			c.warn(path("strike"), say("nothing"), say("an output: without it a granted card opens nothing"))
		}
		if !d.EgressByWire {
			c.refuse(path("egress-by-wire"), say("no confirmation"), say("true: the installer confirms for this door that the exit button and the fire contact cut the lock's power by wire, without the box"))
		}
	}
}

// reader checks that the reader exists and stands at one side of one door.
func (c *checker) reader(path string, reader point.Name, taken map[point.Name]string) {
	c.point(path, reader)
	if other, twice := taken[reader]; twice && reader != "" {
		c.refuse(path, say("%s, which is %s already", reader, other), say("each reader at one side of one door"))
		return
	}
	taken[reader] = path
}

// checkPassage checks who is counted where, and what binds the way in.
func (c *checker) checkPassage(path func(string) string, d zone.Door) {
	c.reference(path("area"), d.Area, c.rooms)
	c.reference(path("from"), d.From, c.rooms)
	if d.From != "" && (d.Area == "" || d.Area == d.From) {
		c.refuse(path("from"), quoted(d.From), say("another room than area, and area: the door leads from the one into the other"))
	}
	switch seen := c.seenLeaving(d.Area); {
	case slices.Contains([]string{"soft", "hard"}, d.AntiPassback) && (d.Area == "" || d.Reader == "" || !seen):
		c.refuse(path("anti-passback"), quoted(d.AntiPassback), say("with it area, reader, and an exit-reader at this door or another that leads into the area"))
	case d.Area != "" && !seen:
		c.warn(path("area"), say("%s, which nobody is seen leaving", d.Area), say("an exit-reader at a door that leads into it: without one the list of those inside only grows"))
	}
	if d.TwoPerson && (d.Reader == "" || c.holders(d.ID) < 2) {
		c.refuse(path("two-person"), say("true with %s holders of a card for this door", c.holders(d.ID)), say("a reader, and cards of two holders at least"))
	}
	if shared := func(o zone.Door) bool { return o.ID != d.ID && o.Interlock == d.Interlock }; d.Interlock != "" && !slices.ContainsFunc(c.site.Doors, shared) {
		c.refuse(path("interlock"), say("%s, which no other door has", quote(d.Interlock)), say("the same name at two doors at least"))
	}
}

// seenLeaving is true when somebody who leaves the area is told of by a reader.
func (c *checker) seenLeaving(area string) bool {
	return slices.ContainsFunc(c.site.Doors, func(o zone.Door) bool {
		return o.Area == area && o.ExitReader != "" || o.From == area && o.Reader != ""
	})
}

// holders counts the persons who have a card for the door.
func (c *checker) holders(door string) int {
	names := map[string]bool{}
	for _, card := range c.site.Cards {
		if slices.Contains(card.Doors, door) {
			names[card.Holder] = true
		}
	}
	return len(names)
}

// checkCards checks whom the cards admit where.
func (c *checker) checkCards() {
	seen := map[string]int{}
	for i, card := range c.site.Cards {
		c.references(at("cards", i, "doors"), card.Doors, c.doors)
		c.schedule(at("cards", i, "calendar"), card.Hours)
		if j, twice := seen[cardNumber(card.Number)]; twice {
			c.put(at("cards", i, "number"), Duplicate, say("the number of %s", fmt.Sprintf("cards[%d]", j)), say("each card once"))
		}
		seen[cardNumber(card.Number)] = i
		if !card.Until.IsZero() && !card.From.Before(card.Until) {
			c.refuse(at("cards", i, "until"), asRead(card.Until.Format(time.RFC3339)), say("a time after from"))
		}
	}
}
