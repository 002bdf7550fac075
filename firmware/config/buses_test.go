package config

import (
	"strings"
	"testing"
	"time"
)

// busHead is a site with a relay board (300 ms) and a UPS (2 s) on two buses, of which
// the second is as the case has it.
const busHead = `version: 1
id: x
board: sim
network:
  interfaces:
    - {name: eth0, dhcp: true}
buses:
  - {id: quick, terminal: RS485-1}
  - {id: b, terminal: RS485-2, BUS}
inputs:
  - {terminal: DI1, point: oc/quiet, rest: closed}
outputs:
  - {terminal: DO1, point: oc/siren}
devices:
  - {id: io, driver: modbus-rtu, bus: b, unit: 20, map: dam0404}
  - {id: ups, driver: modbus-rtu, bus: b, unit: 1, map: huawei/ups2000, options: {OPTIONS}}
  - {id: io2, driver: modbus-rtu, bus: quick, unit: 20, map: dam0404}
`

var busWorld = World{
	Points: named("io/relay1", "io/input1", "io2/relay1", "io2/input1", "ups/load"), Writable: named("io/relay1", "io2/relay1"),
	Worst: map[string]time.Duration{"io": 200 * time.Millisecond, "ups": 2 * time.Second, "io2": 200 * time.Millisecond},
}

func busProblems(bus, options, rest string) string {
	text := strings.Replace(strings.Replace(busHead, "BUS", bus, 1), "OPTIONS", options, 1)
	site, problems := Parse("site.yaml", []byte(strings.Replace(text, ", }", "}", 1)+rest))
	if site != nil {
		problems = append(problems, Validate(site, busWorld)...)
	}
	var said []string
	for _, p := range problems {
		said = append(said, p.Words().Zh, p.Words().En)
	}
	return strings.Join(said, "\n")
}

func TestWhatMustNotWaitStandsOnNoSlowBus(t *testing.T) {
	const accepted = "slow-devices: accepted"
	siren := func(point string) string { return "annunciators: [{id: s, kind: sounder, output: " + point + "}]\n" }
	zone := func(rest string) string { return "zones: [{id: z, " + rest + "}]\n" }
	for _, c := range []struct{ name, bus, rest, en, zh string }{
		{"siren beside a UPS of 2 s", "", siren("io/relay1"), "annunciators[0].output: read io/relay1, on the bus b, where ups may take 2s to answer, allowed a terminal of the box, or a bus whose devices all answer within 250ms; when", "写的是 io/relay1，它在总线 b 上，那里的 ups 可能要 2s 才应答；应为 接在本机端子上，或所有设备都在 250ms 内应答的总线；若"},
		{"the same, judged", accepted, siren("io/relay1"), "warning: annunciators[0].output: read io/relay1, which hangs on a shared bus", "提醒"},
		{"siren on a quick bus", "", siren("io2/relay1"), "warning: annunciators[0].output: read io2/relay1, which hangs on a shared bus", "提醒"},
		{"siren on the box", "", siren("oc/siren"), "", ""},
		{"a relay that may wait", "", "annunciators: [{id: s, kind: relay, output: io/relay1}]\n", "", ""},
		{"panic beside a UPS", "", zone("input: io/input1, type: panic"), "zones[0].input: read io/input1, on the bus b, where ups may take 2s", "那里的 ups 可能要 2s"},
		{"panic on a quick bus", "", zone("input: io2/input1, type: panic"), "warning: zones[0].input: read io2/input1, which comes over a shared bus", "提醒"},
		{"tamper beside a UPS", "", zone("input: io/input1, type: tamper"), "zones[0].input: read io/input1, on the bus b, where ups may take 2s", "那里的 ups 可能要 2s"},
		{"tamper on a quick bus", "", zone("input: io2/input1, type: tamper"), "", ""},
		{"the tamper contact of a detector", "", zone("input: io2/input1, type: environment, tamper: io/input1"), "zones[0].tamper: read io/input1, on the bus b, where ups may take 2s", "那里的 ups 可能要 2s"},
		{"smoke may wait", "", zone("input: io/input1, type: fire"), "", ""},
		{"a unit that only the other master knows", "", siren("io2/relay1") + "modbus-proxy: [{bus: quick, interface: eth0, from: [192.0.2.7/32], port: 1502, units: [9], reply: 1s}]\n", "where modbus-proxy[0].reply may take 1s to answer", "modbus-proxy[0].reply 可能要 1s"},
		{"an answer that no unit gives", "", siren("io2/relay1") + "modbus-proxy: [{bus: quick, interface: eth0, from: [192.0.2.7/32], port: 1502, reply: 1s}]\n", "warning: annunciators[0].output: read io2/relay1, which hangs on a shared bus", "提醒"},
	} {
		if got := busProblems(c.bus, "", c.rest); (c.en == "") != (got == "") || !strings.Contains(got, c.en) || !strings.Contains(got, c.zh) {
			t.Errorf("%s: %s\nwant %s, %s", c.name, got, c.en, c.zh)
		}
	}
}

// A device whose own map may be lost answers as slowly as the other master is told.
func TestAnOwnMapCountsAsTheReply(t *testing.T) {
	proxy := ModbusProxy{Bus: "quick", Reply: time.Second}
	c := checker{site: &Site{Devices: []Device{{ID: "acme", Bus: "quick", Map: "own/acme"}, {ID: "io", Bus: "b", Map: "dam0404"}}, ModbusProxy: []ModbusProxy{proxy}}}
	if who, worst := c.slowestOn("quick"); who != "modbus-proxy[0].reply" || worst != time.Second {
		t.Errorf("%s, %v", who, worst)
	}
	c.site.ModbusProxy[0].Bus = "b"
	if who, worst := c.slowestOn("b"); worst != 0 {
		t.Errorf("%s, %v", who, worst)
	}
}

func TestTwoSpeedsOnOnePairNeedAPerson(t *testing.T) {
	for _, c := range []struct{ name, bus, options, en, zh string }{
		{"alike", "", "baud: 9600, parity: none", "", ""},
		{"slower", "", "baud: 2400", "site.yaml:16:89: devices[1].options.baud: read 2400 on the bus b of 9600, allowed 9600, or a pair of its own. Two speeds", "写的是 2400，而总线 b 是 9600；应为 9600，或另用一对线。要在同一对线上用两种速率：先试"},
		{"another parity", "", "parity: even", "devices[1].options.parity: read even on the bus b of none", "写的是 even，而总线 b 是 none"},
		{"looked at", "mixed-speed: accepted", "baud: 2400, parity: even", "", ""},
		{"behind a serial server", "mixed-speed: accepted, address: \"192.0.2.30:4001\"", "baud: 2400", "allowed 9600: a serial server has one speed for all", "串口服务器只有一种速率"},
	} {
		bus := c.bus
		got := busProblems(bus, c.options, "")
		if strings.Contains(bus, "address") { // in place of the terminal, not beside it
			if !strings.Contains(got, "either a terminal or an address") {
				t.Errorf("%s: %s", c.name, got)
			}
		}
		if (c.en == "") != (got == "") || !strings.Contains(got, c.en) || !strings.Contains(got, c.zh) {
			t.Errorf("%s: %s\nwant %s, %s", c.name, got, c.en, c.zh)
		}
	}
}

func TestWhereABusIs(t *testing.T) {
	for line, want := range map[string]string{
		"{id: a, terminal: RS485-1}":               "",
		"{id: a, address: \"192.0.2.30:4001\"}":    "",
		"{id: a, address: \"gateway.lan:23\"}":     "",
		"{id: a, address: \"[2001:db8::1]:4001\"}": "",
		"{id: a}":                                                  "buses[0].terminal: read nothing, allowed a terminal, or the address of a serial server",
		"{id: a, address: 192.0.2.30}":                             "buses[0].address: read 192.0.2.30, allowed host:port of a serial server",
		"{id: a, address: \"x:0\"}":                                "buses[0].address: read x:0",
		"{id: a, address: \"x:70000\"}":                            "buses[0].address: read x:70000",
		"{id: a, terminal: RS485-1, address: \"x:1\"}":             "either a terminal or an address",
		"{id: a, address: \"x:1\"}\n  - {id: b, address: \"x:1\"}": "buses[1].address: read x:1, which buses[0].address uses already",
		"{id: a, address: \"x:1\"}\ndevices:\n  - {id: u, driver: megatec, address: \"x:1\"}": "devices[0].address: read x:1, which buses[0].terminal uses already",
		"{id: a, address: \"x:1\"}\ndevices:\n  - {id: u, driver: megatec, address: \"x:2\"}": "",
		"{id: a, address: \"x:1\"}\ndevices:\n  - {id: u, driver: onewire, bus: a}":           "devices[0].bus: read a, allowed a bus that onewire can use",
	} {
		site, problems := Parse("site.yaml", []byte("version: 1\nid: x\nboard: sim\nbuses:\n  - "+line+"\n"))
		if site != nil {
			problems = append(problems, Validate(site, World{Terminals: map[string]string{"RS485-1": "serial"}})...)
		}
		got := Problems(problems).Error()
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s\nwant %s", line, got, want)
		}
	}
}

func TestModbusProxySection(t *testing.T) {
	entry := func(rest string) string {
		return "modbus-proxy:\n  - {interface: eth0, from: [192.0.2.7/32], " + rest + "}\n"
	}
	for _, c := range []struct{ name, section, en, zh string }{
		{"good", entry("bus: b, port: 1502, share: 20, units: [9, 10], writes: [{unit: 9, register: 0}, {unit: 20, table: coil, register: 65535}]"), "", ""},
		{"no bus", entry("port: 1502"), "modbus-proxy[0].bus: read nothing, allowed the key bus", "必须写 bus"},
		{"another bus", entry("bus: c, port: 1502"), "modbus-proxy[0].bus: read c, allowed b (probably meant), or one of quick, b", "写的是 c"},
		{"no port", entry("bus: b"), "modbus-proxy[0].port: read nothing", "必须写 port"},
		{"the page's port", entry("bus: b, port: 443"), "read 443, which the page uses already, allowed a port of its own, such as 1502", "已被 网页 使用；应为 另一个端口，如 1502"},
		{"the server's port", "modbus-server: {interface: eth0, from: [192.0.2.7/32]}\n" + entry("bus: b, port: 502"), "read 502, which modbus-server uses already", "已被 modbus-server 使用"},
		{"two at one port", entry("bus: b, port: 1502") + "  - {interface: eth0, from: [192.0.2.7/32], bus: quick, port: 1502}\n", "modbus-proxy[1].port: read 1502, which modbus-proxy[0] uses already", "已被 modbus-proxy[0] 使用"},
		{"two on one bus", entry("bus: b, port: 1502") + "  - {interface: eth0, from: [192.0.2.7/32], bus: b, port: 1503}\n", "modbus-proxy[1].bus: read b, which modbus-proxy[0] uses already", "已被"},
		{"all of the time", entry("bus: b, port: 1502, share: 51"), "1 to 50", "1 至 50"},
		{"for nobody", "modbus-proxy: [{bus: b, port: 1502, interface: eth0, from: []}]\n", "modbus-proxy[0].from: read nothing, allowed the key from, or a terminal", "写的是 空；应为 必须写 from，或写 terminal"},
		{"on an old master's line", "modbus-proxy: [{bus: b, terminal: RS485-3, baud: 2400, parity: even}]\n", "", ""},
		{"at two places", entry("bus: b, port: 1502, terminal: RS485-3"), "modbus-proxy[0].terminal: read RS485-3, allowed either a terminal, or interface, from and port", "或写 terminal，或写 interface、from 和 port"},
		{"on the bus itself", "modbus-proxy: [{bus: b, terminal: RS485-2}]\n", "modbus-proxy[0].terminal: read RS485-2, which buses[1].terminal uses already", "已被 buses[1].terminal 使用"},
		{"two on one line", "modbus-proxy: [{bus: b, terminal: RS485-3}, {bus: quick, terminal: RS485-3}]\n", "modbus-proxy[1].terminal: read RS485-3, which modbus-proxy[0].terminal uses already", "已被 modbus-proxy[0].terminal 使用"},
		{"on no interface", "modbus-proxy: [{bus: b, port: 1502, interface: eth1, from: [192.0.2.7/32]}]\n", "modbus-proxy[0].interface: read eth1", "写的是 eth1"},
		{"a unit for all", entry("bus: b, port: 1502, units: [0]"), "modbus-proxy[0].units[0]: read 0, allowed 1 to 247", "0 是广播"},
		{"a unit of ours", entry("bus: b, port: 1502, units: [20]"), "modbus-proxy[0].units[0]: read 20 a second time", "20 写了两次"},
		{"a write to nobody", entry("bus: b, port: 1502, writes: [{unit: 2, register: 0}]"), "modbus-proxy[0].writes[0].unit: read 2, allowed a unit of the bus: [20 1]", "该总线上的地址：[20 1]"},
		{"a write over the end", entry("bus: b, port: 1502, writes: [{unit: 1, register: 65535, count: 2}]"), "modbus-proxy[0].writes[0].count: read 2, allowed at most 1", "不大于 1"},
		{"a write without a register", entry("bus: b, port: 1502, writes: [{unit: 1}]"), "modbus-proxy[0].writes[0].register: read nothing", "必须写 register"},
		{"a silent hold-up", "zones: [{id: z, input: io2/input1, type: panic, silent: true}]\n" + entry("bus: quick, port: 1502"), "modbus-proxy[0].bus: read quick with io2/input1, which belongs to a silent alarm", "quick，其上的 io2/input1 属于静默报警"},
	} {
		got := busProblems("", "", c.section)
		if (c.en == "") != (got == "") || !strings.Contains(got, c.en) || !strings.Contains(got, c.zh) {
			t.Errorf("%s: %s\nwant %s, %s", c.name, got, c.en, c.zh)
		}
	}
}

func TestEachProxyIsOnePortMore(t *testing.T) {
	site, _ := Parse("site.yaml", []byte("version: 1\nid: x\nboard: sim\nmodbus-proxy:\n  - {bus: b, interface: eth0, from: [192.0.2.7/32], port: 1502}\n  - {bus: c, interface: eth1, from: [192.0.2.0/24], port: 1503}\n  - {bus: d, terminal: RS485-3}\n"))
	list := Servers(site)
	if len(list) != 3 || list[1].Port != 1502 || list[1].Access.Interface != "eth0" || list[2].Port != 1503 || list[2].Access.Prefixes()[0].String() != "192.0.2.0/24" {
		t.Errorf("open: %+v", list)
	}
	if m := site.ModbusProxy[0]; m.Share != 10 || m.Reply != 200*time.Millisecond || m.Writes != nil {
		t.Errorf("not as careful as it should be: %+v", m)
	}
}
