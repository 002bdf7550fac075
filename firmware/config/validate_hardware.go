package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// checkHardware checks rooms, terminals, inputs and outputs.
func (c *checker) checkHardware() {
	used := map[string]string{}
	for i, b := range c.site.Buses {
		c.line(i, b, used)
	}
	for i, in := range c.site.Inputs {
		c.terminal(at("inputs", i, "terminal"), in.Terminal, used, "input")
		c.reference(at("inputs", i, "room"), in.Room, c.rooms)
	}
	for i, out := range c.site.Outputs {
		c.terminal(at("outputs", i, "terminal"), out.Terminal, used, "output")
		c.reference(at("outputs", i, "room"), out.Room, c.rooms)
		c.point(at("outputs", i, "feedback"), out.Feedback)
	}
}

// terminal checks that the board has the terminal, that it is of one of the kinds,
// and that nothing else is on it.
func (c *checker) terminal(path, name string, used map[string]string, kinds ...string) {
	if other, twice := used[name]; twice {
		c.put(path, Duplicate, say("%s, which %s uses already", name, other), say("each terminal once"))
		return
	}
	used[name] = path
	if c.world.Terminals == nil {
		return
	}
	if is, ok := c.world.Terminals[name]; !ok || !slices.Contains(kinds, is) {
		c.put(path, UnknownReference, quoted(name), say("a terminal of the board %s: %s", c.site.Board, oneOf(name, c.terminals(kinds...))))
	}
}

func (c *checker) terminals(kinds ...string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.world.Terminals)) {
		if slices.Contains(kinds, c.world.Terminals[name]) {
			all = append(all, name)
		}
	}
	return all
}

// What some drivers cannot do without. A driver that is not listed checks for itself.
var (
	needsBus     = []string{"modbus-rtu", "ydt1363", "onewire", "i2c"}
	needsMap     = []string{"modbus-rtu", "modbus-tcp", "ydt1363"}
	needsAddress = []string{"modbus-tcp", "snmp", "ping", "tcp-probe", "reader", "megatec", "i2c"}
)

// NeedsBus and NeedsMap are true for drivers that cannot do without: what is missing
// there is told by this package, and needs no trial.
func NeedsBus(driver string) bool { return slices.Contains(needsBus, driver) }
func NeedsMap(driver string) bool { return slices.Contains(needsMap, driver) }

// checkDevices checks each device against the buses, drivers and maps.
func (c *checker) checkDevices() {
	taken := map[string]string{}
	for i, d := range c.site.Devices {
		path := func(key string) string { return at("devices", i, key) }
		c.reference(path("room"), d.Room, c.rooms)
		c.reference(path("bus"), d.Bus, c.buses)
		if c.world.Drivers != nil {
			c.reference(path("driver"), d.Driver, c.world.Drivers)
		}
		c.mapOf(path("map"), d)
		if strings.HasSuffix(d.Driver, "-tcp") && d.Bus != "" {
			c.refuse(path("bus"), quoted(d.Bus), say("no bus: %s has an address", d.Driver))
		}
		c.missing(path("bus"), d.Driver, d.Bus, needsBus)
		c.missing(path("map"), d.Driver, d.Map, needsMap)
		c.missing(path("address"), d.Driver, d.Address, needsAddress)
		c.busKind(path("bus"), d)
		c.sameSpeed(i, d)
		if d.Driver == "megatec" {
			c.alone(i, d)
		} else if d.Driver == "onewire" || d.Driver == "i2c" {
			c.sensor(path("address"), d, taken)
		} else if d.Bus != "" {
			c.slave(path("unit"), d, taken)
		}
	}
}

// mapOf checks that there is such a map. An own one that is missing or damaged is a
// problem of its kind: a box that starts guards with everything else.
func (c *checker) mapOf(path string, d Device) {
	name, fault := strings.TrimPrefix(d.Map, driver.OwnMap), c.world.Own[d.Map]
	switch {
	case c.lostMap(d) && !fault.IsZero():
		c.put(path, LostMap, say("%s, which %s", d.Map, fault), say("the own map without faults: watchbox map put %s FILE.yaml", name))
	case c.lostMap(d) && len(c.world.Own) == 0:
		c.put(path, LostMap, quoted(d.Map), say("an own map that was uploaded before: watchbox map put %s FILE.yaml; this box has none yet", name))
	case c.lostMap(d):
		c.put(path, LostMap, quoted(d.Map), say("an own map of this box: %s; upload another first: watchbox map put %s FILE.yaml", oneOf(d.Map, slices.Sorted(maps.Keys(c.world.Own))), name))
	case c.world.Maps != nil && slices.Contains(needsMap, d.Driver):
		c.reference(path, d.Map, c.world.Maps)
	}
}

// lostMap is true for a device whose own map is not there or cannot be read.
func (c *checker) lostMap(d Device) bool {
	fault, there := c.world.Own[d.Map]
	return c.world.Maps != nil && slices.Contains(needsMap, d.Driver) && strings.HasPrefix(d.Map, driver.OwnMap) && (!there || !fault.IsZero())
}

// alone checks that a UPS of the Megatec family has a terminal that nobody else
// sends text to: it has no address and obeys what it understands.
func (c *checker) alone(i int, d Device) {
	address := at("devices", i, "address")
	if d.Bus != "" {
		c.put(at("devices", i, "bus"), Invalid, quoted(d.Bus), say("no bus: this UPS has no address and obeys any text on its wire, give it a terminal of its own (address)"))
	}
	if other := c.uses(d.Address, i); other != "" {
		c.put(address, Duplicate, say("%s, which %s uses already", d.Address, other), say("a terminal of its own: this UPS obeys any text on its wire"))
	}
	if is, ok := c.world.Terminals[d.Address]; d.Address != "" && !HostPort(d.Address) && c.world.Terminals != nil && (!ok || is != "serial" && is != "modem") {
		c.put(address, UnknownReference, quoted(d.Address), say("a terminal of the board %s: %s", c.site.Board, oneOf(d.Address, append(c.terminals("serial"), c.terminals("modem")...))))
	}
}

// uses is who else has the terminal, "" when nobody has.
func (c *checker) uses(terminal string, device int) string {
	for i, b := range c.site.Buses {
		if terminal != "" && (b.Terminal == terminal || b.Address == terminal) {
			return at("buses", i, "terminal")
		}
	}
	for i, d := range c.site.Devices {
		if terminal != "" && d.Address == terminal && i != device {
			return at("devices", i, "address")
		}
	}
	for i, x := range c.site.Channels {
		if terminal != "" && x.Address == terminal {
			return at("channels", i, "address")
		}
	}
	for i, m := range c.site.ModbusProxy {
		if terminal != "" && m.Terminal == terminal {
			return at("modbus-proxy", i, "terminal")
		}
	}
	return ""
}

func (c *checker) missing(path, driver, value string, needs []string) {
	if value == "" && slices.Contains(needs, driver) {
		c.refuse(path, say("nothing"), say("a value: the driver %s needs it", driver))
	}
}

// slave checks that a unit on a shared wire is alone there with its number in its
// protocol: a frame of one is none of the other.
func (c *checker) slave(path string, d Device, taken map[string]string) {
	key := fmt.Sprintf("%s/%s/%d", d.Bus, d.Driver, d.Unit)
	if other, twice := taken[key]; twice {
		c.put(path, Duplicate, say("%s, which %s has already on %s", d.Unit, other, d.Bus), say("each unit once per bus"))
	}
	taken[key] = d.ID
	if d.Driver == "modbus-rtu" && (d.Unit < 1 || d.Unit > 247) {
		c.refuse(path, asRead(fmt.Sprint(d.Unit)), say("1 to 247: 0 is for all and 248 to 255 are reserved"))
	}
	if d.Driver == "ydt1363" && (d.Unit < 1 || d.Unit > 254) {
		c.refuse(path, asRead(fmt.Sprint(d.Unit)), say("1 to 254: 0 and 255 are for all"))
	}
}

// onBus is true when the point comes over a shared wire.
func (c *checker) onBus(p point.Name) bool {
	for _, in := range c.site.Inputs {
		if in.Point == p {
			return false
		}
	}
	for _, out := range c.site.Outputs {
		if out.Point == p {
			return false
		}
	}
	return slices.ContainsFunc(c.site.Devices, func(d Device) bool { return d.ID == p.Device() && d.Bus != "" })
}

// inputsOf is how many points each kind of derived point is made from: least, most.
var inputsOf = map[string][2]int{"rate": {1, 1}, "dew-point": {2, 2}, "count-of": {1, 64}}

// checkDerived checks what derived points are made from.
func (c *checker) checkDerived() {
	made := map[point.Name]bool{}
	for i, d := range c.site.Derived {
		c.reference(at("derived", i, "room"), d.Room, c.rooms)
		if n := inputsOf[d.Kind]; len(d.From) < n[0] || len(d.From) > n[1] {
			c.refuse(at("derived", i, "from"), say("%s points", len(d.From)), say("%s to %s for %s", n[0], n[1], d.Kind))
		}
		for j, from := range d.From {
			path := fmt.Sprintf("%s[%d]", at("derived", i, "from"), j)
			c.point(path, point.Name(from))
			if slices.ContainsFunc(c.site.Derived, func(o Derived) bool { return string(o.Point) == from }) && !made[point.Name(from)] {
				c.refuse(path, quoted(from), say("a point that is not derived, or is derived further above"))
			}
		}
		made[d.Point] = true
	}
}
