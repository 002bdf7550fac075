package config

import (
	"fmt"
	"slices"
	"time"
)

// ModbusProxy lets other masters ask the devices of one bus through the box: by Modbus
// TCP, or on a serial terminal, where the box stands for those devices towards an old
// master. Theirs is the time that the box leaves over, and no more than their share.
// Without an entry nobody can ask and no port is open. The protocol knows no log-in:
// who may ask is who stands in From, on Interface, or whoever is wired to Terminal.
//
// An answer is what the device says now, never what the box remembers. Nothing can
// be written but what Writes lists, and each write stands in the journal.
type ModbusProxy struct {
	Bus       string        `yaml:"bus" required:"true" doc:"a serial bus of this file"`
	Interface string        `yaml:"interface" doc:"the network socket on which it answers: eth0"`
	From      []string      `yaml:"from" doc:"the masters that may ask: 192.0.2.7/32; a network: 192.0.2.0/24"`
	Port      int           `yaml:"port" min:"0" max:"65535" doc:"one of its own for each bus: 1502"`
	Terminal  string        `yaml:"terminal" doc:"instead of interface, from and port: the terminal to which a master by Modbus RTU is wired"`
	Baud      int           `yaml:"baud" default:"9600" min:"1200" max:"115200" doc:"of that terminal"`
	Parity    string        `yaml:"parity" default:"none" allowed:"none|even|odd" doc:"of that terminal"`
	Share     int           `yaml:"share" default:"10" min:"1" max:"50" doc:"percent of the line's time that the other masters may have"`
	Units     []int         `yaml:"units" doc:"units that only the other masters know, beside the Modbus devices of this file"`
	Reply     time.Duration `yaml:"reply" default:"200ms" min:"10ms" max:"2s" doc:"the slowest answer of those units, and of a device whose own map is lost"`
	Writes    []ProxyWrite  `yaml:"writes" doc:"what may be written; nothing else"`
}

// ProxyWrite is a row of registers or coils that other masters may write.
type ProxyWrite struct {
	Unit     int    `yaml:"unit" required:"true" min:"1" max:"247"`
	Table    string `yaml:"table" default:"holding" allowed:"holding|coil"`
	Register int    `yaml:"register" required:"true" min:"0" max:"65535" doc:"as on the wire, counted from 0"`
	Count    int    `yaml:"count" default:"1" min:"1" max:"123"`
}

// Server is its open port.
func (m *ModbusProxy) Server() Server {
	return Server{Name: "modbus-proxy " + m.Bus, Protocol: "tcp", Port: m.Port, Access: Access{Interface: m.Interface, From: m.From}}
}

// Where is what must stay for those who ask to notice nothing of a reload.
type Where struct {
	Server   Server
	Terminal string
	Baud     int
	Parity   string
}

// Where is the place at which the entry answers.
func (m *ModbusProxy) Where() Where { return Where{m.Server(), m.Terminal, m.Baud, m.Parity} }

// UnitsOf are the units that the entry passes on: those of the site's devices, and
// its own.
func (m *ModbusProxy) UnitsOf(site *Site) (units []int) {
	for _, d := range site.Devices {
		if d.Bus == m.Bus && d.Driver == "modbus-rtu" {
			units = append(units, d.Unit)
		}
	}
	return append(units, m.Units...)
}

// checkModbusProxy checks each entry: a serial bus that no other has, a port that no
// other has, units that are on it, and nothing of a silent alarm.
func (c *checker) checkModbusProxy() {
	interfaces := c.interfaces()
	ports, buses := map[int]any{PagePort: say("the page")}, map[string]string{}
	if m := c.site.ModbusServer; m != nil {
		ports[m.Port] = "modbus-server"
	}
	for i := range c.site.ModbusProxy {
		m := &c.site.ModbusProxy[i]
		path, key := at("modbus-proxy", i, "port"), fmt.Sprintf("modbus-proxy[%d]", i)
		c.checkWhere(i, m)
		c.checkAccess(key, m.Server().Access, interfaces)
		if other, taken := ports[m.Port]; taken && m.Port != 0 {
			c.put(path, Duplicate, say("%s, which %s uses already", m.Port, other), say("a port of its own, such as %s", 1502))
		}
		ports[m.Port] = key
		if other := buses[m.Bus]; other != "" {
			c.put(at("modbus-proxy", i, "bus"), Duplicate, say("%s, which %s uses already", m.Bus, other), say("each once"))
		}
		buses[m.Bus] = key
		c.checkProxied(i, m)
	}
}

// checkWhere checks that the entry answers at one place: on the network to those it
// names, or on a terminal that nothing else has.
func (c *checker) checkWhere(i int, m *ModbusProxy) {
	path := at("modbus-proxy", i, "terminal")
	other := c.uses(m.Terminal, -1)
	is, there := c.world.Terminals[m.Terminal]
	switch {
	case m.Terminal == "":
		for _, key := range []struct {
			name   string
			absent bool
		}{{"interface", m.Interface == ""}, {"from", len(m.From) == 0}, {"port", m.Port == 0}} {
			if key.absent {
				c.put(at("modbus-proxy", i, key.name), Missing, say("nothing"), say("the key %s, or a terminal", key.name))
			}
		}
	case m.Interface != "" || len(m.From) > 0 || m.Port != 0:
		c.refuse(path, quoted(m.Terminal), say("either a terminal, or interface, from and port"))
	case other != "" && other != path:
		c.put(path, Duplicate, say("%s, which %s uses already", m.Terminal, other), say("each terminal once"))
	case c.world.Terminals != nil && (!there || is != "serial"):
		c.put(path, UnknownReference, quoted(m.Terminal), say("a terminal of the board %s: %s", c.site.Board, oneOf(m.Terminal, c.terminals("serial"))))
	}
}

// interfaces are the names of the box's network sockets, as far as the file has them.
func (c *checker) interfaces() (names []string) {
	if c.site.Network != nil {
		for _, e := range c.site.Network.Interfaces {
			names = append(names, e.Name)
		}
	}
	return names
}

func (c *checker) checkProxied(i int, m *ModbusProxy) {
	c.busKind(at("modbus-proxy", i, "bus"), Device{Driver: "modbus-rtu", Bus: m.Bus})
	c.reference(at("modbus-proxy", i, "bus"), m.Bus, c.buses)
	own := (&ModbusProxy{Bus: m.Bus}).UnitsOf(c.site)
	for j, unit := range m.Units {
		path := fmt.Sprintf("%s[%d]", at("modbus-proxy", i, "units"), j)
		if unit < 1 || unit > 247 {
			c.refuse(path, asRead(fmt.Sprint(unit)), say("1 to 247: 0 is for all and 248 to 255 are reserved"))
		}
		if slices.Contains(own, unit) || slices.Contains(m.Units[:j], unit) {
			c.put(path, Duplicate, say("%s a second time", unit), say("units that are no device of this file, each once"))
		}
	}
	for j, w := range m.Writes {
		path := fmt.Sprintf("%s[%d]", at("modbus-proxy", i, "writes"), j)
		if !slices.Contains(m.UnitsOf(c.site), w.Unit) {
			c.put(path+".unit", UnknownReference, asRead(fmt.Sprint(w.Unit)), say("a unit of the bus: %s", fmt.Sprint(m.UnitsOf(c.site))))
		}
		if w.Register+w.Count > 1<<16 {
			c.refuse(path+".count", asRead(fmt.Sprint(w.Count)), say("at most %s", 1<<16-w.Register))
		}
	}
	for p := range c.site.Kept().Points {
		if d := slices.IndexFunc(c.site.Devices, func(d Device) bool { return d.ID == p.Device() && d.Bus == m.Bus }); d >= 0 {
			c.refuse(at("modbus-proxy", i, "bus"), say("%s with %s, which belongs to a silent alarm", m.Bus, string(p)), say("a bus that anybody in the room may listen to"))
			return
		}
	}
}
