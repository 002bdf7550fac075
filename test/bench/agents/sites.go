package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

const siteHead = `version: 1
id: bench
label: {zh: 测试, en: Bench}
board: sim
rooms:
  - {id: r, label: {zh: 机房, en: Room}}
devices:
`

// ours is a site of the agents alone.
func ours(dir string, port int) ([]string, error) {
	b := strings.Builder{}
	b.WriteString(siteHead)
	for i, address := range agents(port) {
		fmt.Fprintf(&b, "  - {id: d%d, room: r, driver: snmp, address: %q, map: system+interfaces, period: %s, options: {version: 2c, community: public, interfaces: %q}}\n",
			i, address, interval, strings.Join(interfaces(), ","))
	}
	site := filepath.Join(dir, "site.yaml")
	return []string{"-site", site, "-data", filepath.Join(dir, "data"), "-listen", "127.0.0.1:0"}, os.WriteFile(site, []byte(b.String()), 0o600)
}

// columns are what our map reads of each interface: name, state, octets, errors and
// since when they are counted.
var columns = []string{"1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.10",
	"1.3.6.1.2.1.2.2.1.14", "1.3.6.1.2.1.2.2.1.20", "1.3.6.1.2.1.31.1.1.1.19"}

// theirs reads the same columns as a table, as its manual does: a field by itself
// would be a request by itself.
func theirs(dir string, port int) ([]string, error) {
	b := strings.Builder{}
	fmt.Fprintf(&b, "[agent]\ninterval = %q\nflush_interval = \"10s\"\nomit_hostname = true\n[[outputs.discard]]\n"+
		"[[inputs.snmp]]\nversion = 2\ncommunity = \"public\"\ntimeout = \"2s\"\nretries = 1\nagents = [", interval)
	for _, address := range agents(port) {
		fmt.Fprintf(&b, "\"udp://%s\", ", address)
	}
	b.WriteString("]\n[[inputs.snmp.field]]\nname = \"uptime\"\noid = \"1.3.6.1.2.1.1.3.0\"\n[[inputs.snmp.table]]\nname = \"interface\"\n")
	for i, oid := range columns {
		fmt.Fprintf(&b, "[[inputs.snmp.table.field]]\nname = \"v%d\"\noid = %q\n", i, oid)
	}
	file := filepath.Join(dir, "telegraf.conf")
	return []string{"--config", file}, os.WriteFile(file, []byte(b.String()), 0o600)
}

// interfaces are two of this host, as the agent tells them.
func interfaces() (names []string) {
	all, _ := net.Interfaces()
	for _, x := range all[:min(len(all), 2)] {
		names = append(names, x.Name)
	}
	return names
}
