package config

import (
	"reflect"
	"strings"
	"testing"
)

const networkHead = "version: 1\nid: x\nboard: qemu\n"

func TestNetworkSection(t *testing.T) {
	for _, c := range []struct{ name, section, wrong string }{
		{"dhcp", "network:\n  interfaces:\n    - {name: eth0, dhcp: true}\n", ""},
		{"static", "network:\n  interfaces:\n    - {name: eth0, address: 192.0.2.10/24, gateway: 192.0.2.1, dns: [192.0.2.1]}\n  ntp: [ntp.example, 192.0.2.1]\n", ""},
		{"no section", "", ""},
		{"neither", "network:\n  interfaces:\n    - {name: eth0}\n", "6:7: network.interfaces[0].address: read nothing"},
		{"both", "network:\n  interfaces:\n    - {name: eth0, dhcp: true, address: 192.0.2.10/24}\n", "network.interfaces[0].dhcp"},
		{"no length", "network:\n  interfaces:\n    - {name: eth0, address: 192.0.2.10}\n", "network.interfaces[0].address"},
		{"gateway elsewhere", "network:\n  interfaces:\n    - {name: eth0, address: 192.0.2.10/24, gateway: 198.51.100.1}\n", "network.interfaces[0].gateway"},
		{"gateway is the box", "network:\n  interfaces:\n    - {name: eth0, address: 192.0.2.10/24, gateway: 192.0.2.10}\n", "network.interfaces[0].gateway"},
		{"twice", "network:\n  interfaces:\n    - {name: eth0, dhcp: true}\n    - {name: eth0, dhcp: true}\n", "network.interfaces[1].name"},
		{"a path", "network:\n  interfaces:\n    - {name: ../eth0, dhcp: true}\n", "network.interfaces[0].name"},
		{"loopback", "network:\n  interfaces:\n    - {name: eth0, address: 127.0.0.1/8}\n", "network.interfaces[0].address"},
		{"time server", "network:\n  ntp: ['-x y']\n", "network.ntp[0]"},
		{"page", "network:\n  interfaces:\n    - {name: eth0, dhcp: true}\n  page: {interface: eth1, from: [192.0.2.0/24]}\n", "network.page.interface"},
		{"page from", "network:\n  page: {from: [here]}\n", "network.page.from[0]"},
		{"unknown key", "network:\n  gateway: 192.0.2.1\n", "network."},
	} {
		site, problems := Parse("site.yaml", []byte(networkHead+c.section))
		if site != nil {
			problems = Validate(site, World{})
		}
		var text []string
		for _, p := range problems {
			text = append(text, p.String())
		}
		got := strings.Join(text, "\n")
		if c.wrong == "" && Refused(problems) || c.wrong != "" && !strings.Contains(got, c.wrong) {
			t.Errorf("%s: %q, want %q", c.name, got, c.wrong)
		}
		network, err := ParseNetwork("site.yaml", []byte(networkHead+"alarms: 7\n"+c.section))
		if (err != nil) != (c.wrong != "") {
			t.Errorf("%s: out of a file that is wrong elsewhere: %v", c.name, err)
		}
		if site != nil && c.wrong == "" && !reflect.DeepEqual(network, site.Network) {
			t.Errorf("%s: alone %+v, within the file %+v", c.name, network, site.Network)
		}
	}
}

func TestNoPortButThePage(t *testing.T) {
	list := Servers(&Site{})
	if len(list) != 1 || list[0].Port != PagePort || list[0].Protocol != "tcp" || list[0].Access.From != nil {
		t.Errorf("by default %+v is open", list)
	}
	list = Servers(&Site{Network: &Network{Page: Access{Interface: "eth1", From: []string{"192.0.2.7/24"}}}})
	if got := list[0].Access.Prefixes(); list[0].Access.Interface != "eth1" || len(got) != 1 || got[0].String() != "192.0.2.0/24" {
		t.Errorf("the page: %+v, from %v", list[0], got)
	}
}

func FuzzParseNetwork(f *testing.F) {
	f.Add([]byte(networkHead + "network:\n  interfaces:\n    - {name: eth0, address: 192.0.2.10/24}\n"))
	f.Fuzz(func(t *testing.T, data []byte) { ParseNetwork("site.yaml", data) })
}
