package config

import (
	"strings"
	"testing"

	"watchbox/firmware/point"
)

// serverHead is a site with a silent hold-up, a partition and a point of each kind.
const serverHead = `version: 1
id: x
board: sim
network:
  interfaces:
    - {name: eth0, dhcp: true}
inputs:
  - {terminal: DI1, point: oc/quiet}
  - {terminal: DI2, point: oc/door}
devices:
  - {id: box, driver: self}
partitions:
  - {id: main}
zones:
  - {id: quiet, input: oc/quiet, type: panic, silent: true}
`

func TestModbusServerSection(t *testing.T) {
	const head = "modbus-server:\n  interface: eth0\n  from: [192.0.2.7/32]\n"
	for _, c := range []struct{ name, section, zh, en string }{
		{"no section", "", "", ""},
		{"good", head + "  points:\n    - {number: 1, point: oc/door}\n    - {number: 999, point: box/load, scale: 100}\n  partitions:\n    - {number: 1, partition: main}\n", "", ""},
		{"no interface", "modbus-server: {from: [192.0.2.7/32]}\n", "第 16 行第 16 列：modbus-server.interface：写的是 空；应为 必须写 interface", "16:16: modbus-server.interface: read nothing, allowed the key interface"},
		{"another interface", "modbus-server: {interface: eth1, from: [192.0.2.7/32]}\n", "写的是 eth1；应为 可能是 eth0", "read eth1"},
		{"for nobody", "modbus-server: {interface: eth0, from: []}\n", "至少一项的列表", "a list with at least one entry"},
		{"for a name", "modbus-server: {interface: eth0, from: [bms]}\n", "写的是 bms", "read bms, allowed a network: 192.0.2.0/24"},
		{"port of the page", head + "  port: 443\n", "写的是 443，已被 网页 使用；应为 另一个端口", "read 443, which the page uses already, allowed a port of its own"},
		{"no such port", head + "  port: 70000\n", "应为 1 至 65535", "1 to 65535"},
		{"number 0", head + "  points: [{number: 0, point: oc/door}]\n", "1 至 999", "1 to 999"},
		{"number 1000", head + "  points: [{number: 1000, point: oc/door}]\n", "1 至 999", "1 to 999"},
		{"number twice", head + "  points: [{number: 2, point: oc/door}, {number: 2, point: box/load}]\n", "写的是 2，已被 modbus-server.points[0] 使用；应为 每个编号只用一次", "19:50: modbus-server.points[1].number: read 2, which modbus-server.points[0] uses already, allowed each number once"},
		{"point twice", head + "  points: [{number: 2, point: oc/door}, {number: 3, point: oc/door}]\n", "oc/door，已被 modbus-server.points[0] 使用；应为 各写一次", "oc/door, which modbus-server.points[0] uses already, allowed each once"},
		{"no such point", head + "  points: [{number: 2, point: oc/dor}]\n", "写的是 oc/dor；应为 站点里的点：", "read oc/dor, allowed a point of the site"},
		{"a text", head + "  points: [{number: 2, point: box/version}]\n", "写的是 文字点 box/version；应为 数值或触点", "read the text box/version, allowed a number or a contact"},
		{"a silent hold-up", head + "  points: [{number: 2, point: oc/quiet}]\n", "oc/quiet，属于静默报警", "oc/quiet, which belongs to a silent alarm"},
		{"its edges", head + "  points: [{number: 2, point: terminals/di1.edges}]\n", "属于静默报警", "belongs to a silent alarm"},
		{"no such partition", head + "  partitions: [{number: 1, partition: man}]\n", "写的是 man；应为 可能是 main", "read man"},
		{"scale 0", head + "  points: [{number: 2, point: oc/door, scale: 0}]\n", "0.001 至 10000", "0.001 to 10000"},
	} {
		site, problems := Parse("site.yaml", []byte(serverHead+c.section))
		if site != nil {
			world := World{Points: named("box/load", "box/version", "terminals/di1.edges"), Texts: named("box/version")}
			problems = append(problems, Validate(site, world)...)
		}
		var text []string
		for _, p := range problems {
			text = append(text, p.Words().Zh, p.Words().En)
		}
		if got := strings.Join(text, "\n"); c.en == "" && Refused(problems) || !strings.Contains(got, c.zh) || !strings.Contains(got, c.en) {
			t.Errorf("%s: %s\nwant %s, %s", c.name, got, c.zh, c.en)
		}
	}
}

func TestModbusServerIsOnePortMore(t *testing.T) {
	site, _ := Parse("site.yaml", []byte(serverHead+"modbus-server: {interface: eth0, from: [192.0.2.7/32]}\n"))
	list := Servers(site)
	if len(list) != 2 || list[1].Port != 502 || list[1].Protocol != "tcp" || list[1].Access.Interface != "eth0" || list[1].Access.Prefixes()[0].String() != "192.0.2.7/32" {
		t.Errorf("open: %+v", list)
	}
	if site.ModbusServer.Unit != 1 {
		t.Errorf("decoded wrongly: %+v", site.ModbusServer)
	}
}

func named(list ...point.Name) []point.Name { return list }
