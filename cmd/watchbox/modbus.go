package main

import (
	"fmt"
	"net/http"
	"time"
)

// modbusMap prints the table of registers of the box's Modbus server as it is
// typed into a platform, or proposes the section of the site file.
func modbusMap(c *cli, args []string) error {
	paper := "modbus-map.csv"
	switch {
	case len(args) == 1 && args[0] == "propose":
		paper = "modbus-server.yaml"
	case len(args) > 0:
		return fmt.Errorf("usage: watchbox modbus-map %s", verbs()["modbus-map"].use)
	}
	return c.fetch(paper)
}

// fetch prints a paper of the box as it is.
func (c *cli) fetch(paper string) error {
	r, err := c.request(http.MethodGet, paper, nil, "application/json")
	if err != nil {
		return err
	}
	text, err := c.do(r, 30*time.Second)
	if err == nil {
		_, err = c.out.Write(text)
	}
	return err
}
