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

// arming makes the verb for arm, force-arm and disarm.
func arming(what string) func(*cli, []string) error {
	return func(c *cli, args []string) error {
		if err := need(what, args, 1); err != nil {
			return err
		}
		return c.call("POST", "partitions/"+url.PathEscape(args[0])+"/"+what, nil, nil)
	}
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

func reload(c *cli, _ []string) error { return c.call("POST", "site/reload", nil, nil) }
