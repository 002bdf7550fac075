package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"watchbox/cmd/wiring"
	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// check reads a site file as the daemon would, without a box.
func check(c *cli, args []string) error {
	if err := need("check", args, 1); err != nil {
		return err
	}
	os.Setenv("WATCHBOX_SIM", env("WATCHBOX_SIM", "/nonexistent"))
	builder, err := wiring.New(filepath.Dir(args[0])) // own maps stand in maps/ beside the file
	if err != nil {
		return err
	}
	secrets, err := secretsBeside(args[0])
	if err != nil {
		return err
	}
	site, problems := config.Load(args[0], secrets)
	if site != nil {
		world, more := builder.World(site)
		problems = append(append(problems, config.Validate(site, world)...), more...)
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(worded(problems))
	}
	for _, p := range problems {
		fmt.Fprintln(c.out, p.Words().In(c.lang))
	}
	if site == nil || config.Refused(problems) {
		return errors.New(c.text("设备不会采用此文件", "the box would refuse this file"))
	}
	c.say("%s：可用：%d 台设备，%d 个防区，%d 条报警规则", "%s: good: %d devices, %d zones, %d alarm rules", args[0], len(site.Devices), len(site.Zones), len(site.Alarms))
	if list := builder.Outputs(site); len(list) > 0 {
		fmt.Fprintln(c.out)
		return c.resting(list)
	}
	return nil
}

// problem is one for programs, with its text for people.
type problem struct {
	config.Problem
	Text point.Words `json:"text"`
}

func worded(list []config.Problem) []problem {
	all := []problem{}
	for _, p := range list {
		all = append(all, problem{p, p.Words()})
	}
	return all
}

// secretsBeside knows the secrets in the folder beside the file; on a desk
// without them every reference counts as known.
func secretsBeside(file string) (config.Secrets, error) {
	path := filepath.Join(filepath.Dir(file), "secrets")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return func(string) (string, bool) { return "unknown here", true }, nil
	}
	return config.SecretsFrom(path)
}

func schema(c *cli, _ []string) error {
	_, err := c.out.Write(append(config.Schema(), '\n'))
	return err
}
