package config

import (
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/alarm"
	"watchbox/firmware/annunciate"
	"watchbox/firmware/condition"
	"watchbox/firmware/expression"
	"watchbox/firmware/point"
)

func ruleIDs(c *checker) {
	ids(c, "alarms", c.site.Alarms, func(r alarm.Rule) string { return r.ID })
	ids(c, "annunciators", c.site.Annunciators, func(a annunciate.Annunciator) string { return a.ID })
}

// checkAlarms checks each rule: its points and its one condition.
func (c *checker) checkAlarms() {
	for i, r := range c.site.Alarms {
		for j, pattern := range r.Points {
			c.pattern(fmt.Sprintf("%s[%d]", at("alarms", i, "points"), j), pattern)
		}
		c.fact(i, r)
		c.schedule(at("alarms", i, "while"), r.While)
		c.schedule(at("alarms", i, "except"), r.Except)
		if r.Label.IsZero() {
			c.refuse(at("alarms", i, "label"), say("no text"), say("zh, en or both"))
		}
		if r.Priority == 1 && r.Instruction.IsZero() {
			c.warn(at("alarms", i, "instruction"), say("nothing"), say("what to do first: the alarm has priority 1"))
		}
	}
}

// fact checks what the rule tests: one condition, or limits.
func (c *checker) fact(i int, r alarm.Rule) {
	when, limits := at("alarms", i, "when"), at("alarms", i, "limits")
	bare := r.When.Same(alarm.Condition{})
	switch {
	case bare && r.Limits == nil:
		c.refuse(when, say("no condition"), say("%s; or limits", heardBook.Words(condition.Kinds)))
	case !bare && r.Limits != nil:
		c.refuse(limits, say("limits beside when"), say("one of both"))
	case bare:
		if err := r.Limits.Check(); err != nil {
			c.refuse(limits, say("limits"), heardBook.Words(strings.TrimPrefix(err.Error(), "limits: want ")))
		}
	default:
		c.condition(when, r.When)
	}
	if len(r.Points) == 0 && r.When.Expression == "" {
		c.refuse(at("alarms", i, "points"), say("no point"), say("the points that the rule watches"))
	}
}

// condition checks one fact, and the points that an expression reads.
func (c *checker) condition(path string, w alarm.Condition) {
	if err := w.Check(); err != nil {
		read, allowed, found := strings.Cut(strings.TrimPrefix(err.Error(), "when: "), ": want ")
		if !found {
			read, allowed = "this condition", read
		}
		c.refuse(path, heardBook.Words(read), heardBook.Words(allowed))
		return
	}
	if w.Expression == "" {
		return
	}
	program, err := expression.Compile(w.Expression)
	if err != nil {
		c.refuse(path+".expression", say("%s, %s", quote(w.Expression), Heard(err)), say("{device/item} compared with numbers, 'texts' and each other by + - * / < <= > >= == != && || !"))
		return
	}
	for _, p := range program.Points() {
		c.point(path+".expression", p)
	}
}

// schedule checks the name of a calendar.
func (c *checker) schedule(path, id string) {
	if id != "" && !slices.Contains(c.calendars, id) {
		c.put(path, UnknownReference, quoted(id), say("a calendar: %s", oneOf(id, c.calendars)))
	}
}

// pattern checks that a pattern of points can match something.
func (c *checker) pattern(path, pattern string) {
	if !strings.Contains(pattern, "*") {
		if err := point.Name(pattern).Check(); err != nil {
			c.refuse(path, quoted(pattern), say("device/item in lower-case letters, digits, '.', '-' or '_'; * matches within one part"))
			return
		}
		c.point(path, point.Name(pattern))
		return
	}
	device, _, ok := strings.Cut(pattern, "/")
	if !ok || point.Name(strings.ReplaceAll(pattern, "*", "x")).Check() != nil {
		c.refuse(path, quoted(pattern), say("device/item; * matches within one part"))
		return
	}
	for p := range c.known {
		if matches(pattern, string(p)) {
			return
		}
	}
	for giver := range c.givers {
		if (!c.complete || c.lost[giver]) && matches(device, giver) {
			return
		}
	}
	c.refuse(path, say("%s, which matches nothing", quote(pattern)), say("a pattern that matches at least one point of the site"))
}

// matches compares part by part; * stands for any letters within one part.
func matches(pattern, name string) bool {
	parts, own := strings.Split(pattern, "/"), strings.Split(name, "/")
	if len(parts) != len(own) {
		return false
	}
	for i := range parts {
		if !matchPart(parts[i], own[i]) {
			return false
		}
	}
	return true
}

// matchPart takes time in proportion to the two lengths multiplied, at worst.
func matchPart(pattern, s string) bool {
	star, mark, p, i := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark, p = p, i, p+1
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// checkAnnunciators checks what each output is for.
func (c *checker) checkAnnunciators() {
	driven := map[point.Name]string{}
	for i, a := range c.site.Annunciators {
		path := func(key string) string { return at("annunciators", i, key) }
		if !slices.Contains(c.outputs, string(a.Output)) {
			c.writable(path("output"), a.Output)
		}
		if other, twice := driven[a.Output]; twice {
			c.put(path("output"), Duplicate, say("%s, which %s drives already", a.Output, other), say("each output once"))
		}
		driven[a.Output] = a.ID
		c.references(path("rooms"), a.Rooms, c.rooms)
		c.references(path("class"), a.Class, []string{"alarm", "supervisory", "trouble", "delay"})
		if a.Kind == "sounder" && !c.slowBus(path("output"), a.Output) && c.onBus(a.Output) {
			c.warn(path("output"), say("%s, which hangs on a shared bus", a.Output), say("a terminal of the box: the siren must not wait for a bus"))
		}
		c.point(path("feedback"), a.Feedback)
		c.relay(i, a)
		c.strikeFree(path("output"), a.Output)
		if a.Stealth && a.Kind != "beacon" {
			c.refuse(path("stealth"), say("true of a %s", a.Kind), say("true of a beacon: a siren sounds and a relay works, armed or not"))
		}
		c.stealthFor(path("stealth-for"), a.Stealth, a.StealthFor)
	}
}

// relay checks what only a relay may say.
func (c *checker) relay(i int, a annunciate.Annunciator) {
	path := func(key string) string { return at("annunciators", i, key) }
	for key, set := range map[string]bool{"delay": a.Delay > 0, "pulse": a.Pulse > 0, "minimum-on": a.MinimumOn > 0, "minimum-off": a.MinimumOff > 0, "interlock": len(a.Interlock) > 0} {
		if set && a.Kind != "relay" {
			c.refuse(path(key), say("%s of a %s", key, a.Kind), say("only with kind: relay"))
		}
	}
	if a.Pulse > 0 && a.Pulse < a.MinimumOn {
		c.refuse(path("pulse"), asRead(a.Pulse.String()), say("at least minimum-on, %s", a.MinimumOn))
	}
	var others []string
	for _, o := range c.site.Annunciators {
		if o.Kind == "relay" && o.ID != a.ID {
			others = append(others, o.ID)
		}
	}
	c.references(path("interlock"), a.Interlock, others)
}

// writable accepts an output of a device, where one is known to be there.
func (c *checker) writable(path string, p point.Name) {
	if !slices.Contains(c.devices, p.Device()) {
		c.put(path, UnknownReference, quoted(string(p)), say("the point of an output: %s", oneOf(string(p), c.outputs)))
		return
	}
	c.point(path, p)
	c.obeys(path, p)
}

// obeys refuses a point of a device that its map does not allow to be written.
func (c *checker) obeys(path string, p point.Name) {
	if c.world.Writable != nil && c.known[p] && !slices.Contains(c.world.Writable, p) {
		c.refuse(path, say("%s, which its map does not allow to be written", p), say("a point with write: true in its map"))
	}
}

// strikeFree refuses anything else on a door's lock.
func (c *checker) strikeFree(path string, p point.Name) {
	for _, d := range c.site.Doors {
		if d.Strike == p {
			c.refuse(path, say("%s, which is the strike of door %s", p, d.ID), say("an output of its own"))
		}
	}
}
