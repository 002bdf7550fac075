package main

import (
	"os"

	"github.com/google/nftables"
)

// route makes of the box what it never is: a router without a firewall. A test that
// saw no packet pass learns so that it would have seen one.
func route([]string) (string, error) {
	c, err := nftables.New()
	if err != nil {
		return "", err
	}
	c.FlushRuleset()
	if err := c.Flush(); err != nil {
		return "", err
	}
	return "ok", os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
}
