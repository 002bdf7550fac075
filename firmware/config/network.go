package config

import (
	"fmt"
	"net/netip"
	"reflect"

	yaml "go.yaml.in/yaml/v3"
)

// Network is how the box reaches others and who may reach its page. Without it
// every wired interface asks a DHCP server, and anybody may see the page.
type Network struct {
	Interfaces []Interface `yaml:"interfaces" doc:"of the box; one that is not named stays down"`
	NTP        []string    `yaml:"ntp" doc:"time servers; without one those that DHCP names, else the gateway"`
	Page       Access      `yaml:"page" doc:"who may reach the page"`
}

// Interface is one socket for a network cable.
type Interface struct {
	Name    string   `yaml:"name" required:"true" doc:"as the kernel has it: eth0"`
	DHCP    bool     `yaml:"dhcp" default:"false"`
	Address string   `yaml:"address" doc:"with the length of the network: 192.0.2.10/24"`
	Gateway string   `yaml:"gateway" doc:"without one nothing beyond the network is reached"`
	DNS     []string `yaml:"dns"`
	Metric  int      `yaml:"metric" min:"0" max:"9999" doc:"the way out with the lowest is taken while its cable is in; 0: in the order of the file"`
}

// Access says who may reach a server of the box.
type Access struct {
	Interface string   `yaml:"interface" doc:"the only interface on which it answers; empty: all"`
	From      []string `yaml:"from" doc:"the networks that may ask: 192.0.2.0/24; empty: all"`
}

// Server is one open port of the box: what the firewall lets in.
type Server struct {
	Name     string
	Protocol string // tcp, udp
	Port     int
	Access   Access
}

// PagePort is where the page is served on the image.
const PagePort = 443

// Servers are the open ports that a site file asks for. A server and its rule in
// the firewall come from the same line; nothing else is open.
func Servers(site *Site) []Server {
	page := Server{Name: "page", Protocol: "tcp", Port: PagePort}
	if site.Network != nil {
		page.Access = site.Network.Page
	}
	list := []Server{page}
	if site.ModbusServer != nil {
		list = append(list, site.ModbusServer.server())
	}
	for i := range site.ModbusProxy {
		if m := &site.ModbusProxy[i]; m.Terminal == "" {
			list = append(list, m.Server())
		}
	}
	return list
}

// ParseNetwork reads the network section of a site file whose rest may be wrong:
// what the daemon refuses must not take the network away. Nil when there is no
// such section; an error when it cannot be used.
func ParseNetwork(name string, data []byte) (network *Network, err error) {
	defer func() {
		if r := recover(); r != nil {
			network, err = nil, fmt.Errorf("%s: what the reader cannot read (%v)", name, r)
		}
	}()
	root, problem := Document(name, data)
	if problem != nil {
		return nil, fmt.Errorf("%s", problem.String())
	}
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "network" {
			continue
		}
		d := &decoder{file: name, places: map[string]place{}, zone: location(root)}
		d.forbidden(root.Content[i+1], "network", 0)
		site := &Site{Network: &Network{}}
		d.decode(root.Content[i+1], reflect.ValueOf(site.Network).Elem(), "network", rule{})
		site.places = places{name, d.places}
		c := &checker{site: site, problems: d.problems}
		c.checkNetwork()
		if list := sorted(c.problems); Refused(list) {
			return nil, fmt.Errorf("%s", list[0].String())
		}
		return site.Network, nil
	}
	return nil, nil
}

// Prefixes are the networks that may ask. The file was validated.
func (a Access) Prefixes() (list []netip.Prefix) {
	for _, text := range a.From {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}
