package main

import (
	"errors"
	"testing"
)

const head = "version: 1\nid: x\nboard: qemu\n"

func section(address string) string {
	return "network:\n  interfaces:\n    - {name: eth0, address: " + address + "/24}\n"
}

// A bad file does not take the network away.
func TestNetworkOfABadFile(t *testing.T) {
	accepted := []byte(head + section("192.0.2.1"))
	for _, c := range []struct {
		name, text string
		accepted   []byte
		want       string
	}{
		{"a good file", head + section("192.0.2.2"), accepted, "192.0.2.2/24"},
		{"a good file without the section", head, accepted, ""},
		{"wrong elsewhere", head + "alarms: 7\n" + section("192.0.2.2"), accepted, "192.0.2.1/24"},
		{"wrong elsewhere, and none was accepted", head + "alarms: 7\n" + section("192.0.2.2"), nil, "192.0.2.2/24"},
		{"a section that is wrong", head + section("192.0.2.256"), accepted, "192.0.2.1/24"},
		{"a section that is wrong, and none was accepted", head + section("192.0.2.256"), nil, ""},
		{"no YAML", "{{{{", accepted, "192.0.2.1/24"},
		{"nothing", "", nil, ""},
	} {
		n := siteOf([]byte(c.text), func() ([]byte, error) {
			if c.accepted == nil {
				return nil, errors.New("none")
			}
			return c.accepted, nil
		}).Network
		got := ""
		if n != nil {
			got = n.Interfaces[0].Address
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
