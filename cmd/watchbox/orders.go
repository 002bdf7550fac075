package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"watchbox/web"
)

// order makes the verb for acknowledge, silence and reset.
func order(what string) func(*cli, []string) error {
	return func(c *cli, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("usage: watchbox %s KEY|all [COMMENT]; the keys are in: watchbox alarms", what)
		}
		return c.call("POST", "alarms/"+key(args[0])+"/"+what, web.AlarmOrder{Comment: strings.Join(args[1:], " ")}, nil)
	}
}

func shelve(c *cli, args []string) error {
	if err := need("shelve", args, 3); err != nil {
		return err
	}
	minutes, err := strconv.Atoi(args[1])
	if err != nil || minutes < 1 {
		return fmt.Errorf("minutes: read %q, allowed a whole number from 1", args[1])
	}
	return c.call("POST", "alarms/"+key(args[0])+"/shelve", web.ShelveOrder{Minutes: minutes, Comment: strings.Join(args[2:], " ")}, nil)
}

// outOfService KEY MINUTES [SECOND:]REASON; panic and tamper need a second person.
func outOfService(c *cli, args []string) error {
	if err := need("out-of-service", args, 3); err != nil {
		return err
	}
	minutes, err := strconv.Atoi(args[1])
	if err != nil || minutes < 1 {
		return fmt.Errorf("minutes: read %q, allowed a whole number from 1", args[1])
	}
	o := web.RemovalOrder{Minutes: minutes, Comment: strings.Join(args[2:], " ")}
	if second, reason, with := strings.Cut(o.Comment, ":"); with {
		o.Second, o.Comment = strings.TrimSpace(second), strings.TrimSpace(reason)
	}
	return c.call("POST", "alarms/"+key(args[0])+"/out-of-service", o, nil)
}

func inService(c *cli, args []string) error {
	if err := need("in-service", args, 1); err != nil {
		return err
	}
	return c.call("POST", "alarms/"+key(args[0])+"/in-service", nil, nil)
}

// walkTest TARGET begins one, without it the one that runs ends.
func walkTest(c *cli, args []string) error {
	if len(args) == 0 {
		return c.call("DELETE", "walk-test", nil, nil)
	}
	return c.call("POST", "walk-test/"+url.PathEscape(args[0]), nil, nil)
}

func forgive(c *cli, args []string) error {
	if err := need("forgive", args, 1); err != nil {
		return err
	}
	return c.call("POST", "inside/"+url.PathEscape(args[0])+"/forgive", nil, nil)
}

func sendTest(c *cli, args []string) error {
	if err := need("send-test", args, 2); err != nil {
		return err
	}
	var a web.TestAnswer
	if err := c.call("POST", "contacts/test", web.TestOrder{Channel: args[0], Contact: args[1]}, &a); err != nil {
		return err
	}
	return c.print(func() { fmt.Fprintln(c.out, a.Message) })
}

func lampTest(c *cli, _ []string) error { return c.call("POST", "outputs/lamp-test", nil, nil) }
