package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// line checks where a bus is: on a terminal, or behind a serial server.
func (c *checker) line(i int, b Bus, used map[string]string) {
	switch address := at("buses", i, "address"); {
	case b.Terminal == "" && b.Address == "":
		c.put(at("buses", i, "terminal"), Missing, say("nothing"), say("a terminal, or the address of a serial server"))
	case b.Address == "":
		c.terminal(at("buses", i, "terminal"), b.Terminal, used, "serial", "i2c", "1-wire")
	case b.Terminal != "":
		c.refuse(address, quoted(b.Address), say("either a terminal or an address"))
	case !HostPort(b.Address):
		c.refuse(address, quoted(b.Address), say("host:port of a serial server: 192.0.2.30:4001"))
	case used[b.Address] != "":
		c.put(address, Duplicate, say("%s, which %s uses already", b.Address, used[b.Address]), say("each once"))
	default:
		used[b.Address] = address
	}
}

// HostPort is true for what can be dialled: 192.0.2.30:4001, gateway:23.
func HostPort(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return false
	}
	host, port := s[:colon], s[colon+1:]
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") { // IPv6
		host = host[1 : len(host)-1]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && hostOrAddress(host)
}

// sameSpeed checks that the devices of a pair speak alike, unless a person has looked
// at the wire: a device that takes another's noise for a request answers it.
func (c *checker) sameSpeed(i int, d Device) {
	b := c.busOf(d)
	if b == nil || d.Driver != "modbus-rtu" && d.Driver != "ydt1363" {
		return
	}
	own := map[string]string{"baud": strconv.Itoa(b.Baud), "parity": b.Parity, "stop-bits": strconv.Itoa(b.StopBits)}
	for _, key := range []string{"baud", "parity", "stop-bits"} {
		path, read := at("devices", i, "options."+key), d.Options[key]
		switch {
		case read == "" || read == own[key]:
		case b.Address != "":
			c.refuse(path, say("%s on the bus %s of %s", read, b.ID, own[key]), say("%s: a serial server has one speed for all", own[key]))
		case b.MixedSpeed != "accepted":
			c.refuse(path, say("%s on the bus %s of %s", read, b.ID, own[key]),
				say("%s, or a pair of its own. Two speeds on one pair: try them, watch the wire with `watchbox bus trace` for an hour; when no device answers what was not asked of it write mixed-speed: accepted at the bus", own[key]))
		}
	}
}

func (c *checker) busOf(d Device) *Bus {
	for i := range c.site.Buses {
		if d.Bus != "" && c.site.Buses[i].ID == d.Bus {
			return &c.site.Buses[i]
		}
	}
	return nil
}

// slowest is the slowest answer beside which siren, panic and tamper points may live:
// after silence a bus is kept quiet so long.
const slowest = 250 * time.Millisecond

// slowBus refuses a point that must not wait, on a bus where it may have to; false
// when there is nothing to refuse.
func (c *checker) slowBus(path string, p point.Name) bool {
	at := slices.IndexFunc(c.site.Devices, func(d Device) bool { return d.ID == p.Device() })
	if !c.onBus(p) || at < 0 {
		return false
	}
	bus := c.busOf(c.site.Devices[at])
	if bus == nil || bus.SlowDevices == "accepted" {
		return false
	}
	who, worst := c.slowestOn(bus.ID)
	if worst <= slowest {
		return false
	}
	c.refuse(path, say("%s, on the bus %s, where %s may take %s to answer", p, bus.ID, who, worst),
		say("a terminal of the box, or a bus whose devices all answer within %s; when the wait was judged and is acceptable, slow-devices: accepted at the bus", slowest))
	return true
}

// slowestOn is who may take longest to answer on the bus.
func (c *checker) slowestOn(bus string) (who string, worst time.Duration) {
	for _, d := range c.site.Devices {
		if t := c.world.Worst[d.ID]; d.Bus == bus && t > worst {
			who, worst = d.ID, t
		}
	}
	for i, p := range c.site.ModbusProxy {
		if p.Bus == bus && p.Reply > worst && (len(p.Units) > 0 || c.ownMapOn(bus)) {
			who, worst = at("modbus-proxy", i, "reply"), p.Reply
		}
	}
	return who, worst
}

// ownMapOn tells whether the map of a device on the bus can be lost: then nobody knows how
// long it takes to answer the other master.
func (c *checker) ownMapOn(bus string) bool {
	return slices.ContainsFunc(c.site.Devices, func(d Device) bool { return d.Bus == bus && strings.HasPrefix(d.Map, driver.OwnMap) })
}
