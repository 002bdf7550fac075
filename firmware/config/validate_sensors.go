package config

import (
	"regexp"
	"slices"
	"strings"
)

// busKinds are the kinds of terminal whose bus a driver can talk on.
var busKinds = map[string]string{"modbus-rtu": "serial", "ydt1363": "serial", "onewire": "1-wire", "i2c": "i2c"}

// busKind checks that the driver can talk on a bus of that kind.
func (c *checker) busKind(path string, d Device) {
	kind := busKinds[d.Driver]
	if kind == "" || c.world.Terminals == nil || !slices.Contains(c.buses, d.Bus) {
		return
	}
	var fit []string
	for _, b := range c.site.Buses {
		if c.world.Terminals[b.Terminal] == kind || b.Address != "" && kind == "serial" {
			fit = append(fit, b.ID)
		}
	}
	if !slices.Contains(fit, d.Bus) {
		c.put(path, UnknownReference, quoted(d.Bus), say("a bus that %s can use: %s", d.Driver, oneOf(d.Bus, fit)))
	}
}

// Where a sensor is: the number of a thermometer of w1_therm's families; an address
// on an I²C bus, of which those below 0x08 and above 0x77 are reserved.
var (
	oneWire = regexp.MustCompile(`^(?i)(10|22|28|3b|42)-[0-9a-f]{12}$`)
	twoWire = regexp.MustCompile(`^0x(?i)(0[89a-f]|[1-6][0-9a-f]|7[0-7])$`)
)

// sensor checks that a sensor's address is one, and that it is alone there; without
// one it is missing, or the chain itself is meant.
func (c *checker) sensor(path string, d Device, taken map[string]string) {
	switch {
	case d.Address == "":
	case d.Driver == "onewire" && !oneWire.MatchString(d.Address):
		c.put(path, Invalid, quoted(d.Address), say("a sensor's number as on the chain: %s", "28-0316a2795f2c"))
	case d.Driver == "i2c" && !twoWire.MatchString(d.Address):
		c.put(path, OutOfRange, quoted(d.Address), say("%s to %s", "0x08", "0x77"))
	}
	key := d.Bus + "/" + strings.ToLower(d.Address)
	if other, twice := taken[key]; twice {
		c.put(path, Duplicate, say("%s, which %s has already on %s", quoted(d.Address), other, d.Bus), say("each unit once per bus"))
	}
	taken[key] = d.ID
}
