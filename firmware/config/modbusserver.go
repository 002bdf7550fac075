package config

import (
	"fmt"
	"slices"

	"watchbox/firmware/point"
)

// ModbusServer lets other masters read the box by Modbus TCP. Without this section
// there is no such server and no open port. Nothing can be written through it.
// The protocol knows no log-in: who may ask is who stands in From, on Interface.
//
// Numbers are the site file's, not the box's: whoever typed a register into a
// platform finds the same point there after any release, restart, restore on
// other hardware, and after points were added. A number that is taken out stays free.
type ModbusServer struct {
	Interface  string              `yaml:"interface" required:"true" doc:"the network socket on which it answers: eth0"`
	From       []string            `yaml:"from" required:"true" doc:"the masters that may ask: 192.0.2.7/32; a network: 192.0.2.0/24"`
	Port       int                 `yaml:"port" default:"502" min:"1" max:"65535" doc:"502 is Modbus's own; off the image one above 1023"`
	Unit       int                 `yaml:"unit" default:"1" min:"1" max:"247" doc:"it also answers to 0 and 255"`
	Points     []NumberedPoint     `yaml:"points" doc:"what can be read, each at the registers of its number"`
	Partitions []NumberedPartition `yaml:"partitions" doc:"whose arming is told"`
}

// NumberedPoint binds a point to its registers.
type NumberedPoint struct {
	Number int        `yaml:"number" required:"true" min:"1" max:"999" doc:"given once and kept: it makes the registers"`
	Point  point.Name `yaml:"point" required:"true"`
	Scale  float64    `yaml:"scale" default:"10" min:"0.001" max:"10000" doc:"the 16-bit register holds the value times this"`
}

// NumberedPartition binds a partition to its register.
type NumberedPartition struct {
	Number    int    `yaml:"number" required:"true" min:"1" max:"32" doc:"given once and kept"`
	Partition string `yaml:"partition" required:"true"`
}

// server is its open port.
func (m *ModbusServer) server() Server {
	return Server{Name: "modbus", Protocol: "tcp", Port: m.Port, Access: Access{Interface: m.Interface, From: m.From}}
}

// checkModbusServer checks the section: each number and each point once, points
// that registers can hold and that everybody may know.
func (c *checker) checkModbusServer() {
	m := c.site.ModbusServer
	if m == nil {
		return
	}
	c.checkAccess("modbus-server", m.server().Access, c.interfaces())
	if m.Port == PagePort {
		c.put("modbus-server.port", Duplicate, say("%s, which %s uses already", m.Port, say("the page")), say("a port of its own, such as 502"))
	}
	once(c, "modbus-server.points", m.Points, func(p NumberedPoint) (int, string, string) { return p.Number, "point", string(p.Point) })
	once(c, "modbus-server.partitions", m.Partitions, func(p NumberedPartition) (int, string, string) { return p.Number, "partition", p.Partition })
	for i, p := range m.Points {
		c.checkRegister(at("modbus-server.points", i, "point"), p.Point)
	}
	for i, p := range m.Partitions {
		c.reference(at("modbus-server.partitions", i, "partition"), p.Partition, c.partitions)
	}
}

func (c *checker) checkRegister(path string, p point.Name) {
	c.point(path, p)
	switch {
	case slices.Contains(c.world.Texts, p):
		c.put(path, Invalid, say("the text %s", string(p)), say("a number or a contact: registers hold no text"))
	case c.site.Kept().Points[p]:
		c.put(path, Invalid, say("%s, which belongs to a silent alarm", string(p)), say("a point that anybody in the room may know of"))
	}
}

// once checks that no number and no name comes twice; of gives an entry's number,
// its other key, and what stands there.
func once[T any](c *checker, list string, entries []T, of func(T) (int, string, string)) {
	numbers, names := map[int]int{}, map[string]int{}
	for i, e := range entries {
		number, key, name := of(e)
		if other, twice := numbers[number]; twice {
			c.put(at(list, i, "number"), Duplicate, say("%s, which %s uses already", number, fmt.Sprintf("%s[%d]", list, other)), say("each number once"))
		}
		if other, twice := names[name]; twice {
			c.put(at(list, i, key), Duplicate, say("%s, which %s uses already", name, fmt.Sprintf("%s[%d]", list, other)), say("each once"))
		}
		numbers[number], names[name] = i, i
	}
}
