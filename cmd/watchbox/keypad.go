package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchbox/web"
)

// arming makes the verb for arm, force-arm and disarm. A code is asked for, never
// taken from the command line: other users could read it there.
func arming(what string) func(*cli, []string) error {
	return func(c *cli, args []string) error {
		args, order, err := c.withCode(args)
		if err != nil {
			return err
		}
		if err := need(what, args, 1); err != nil {
			return err
		}
		if len(args) > 1 && what != "disarm" {
			order.Mode = args[1]
		}
		return c.call("POST", "partitions/"+url.PathEscape(args[0])+"/"+what, order, nil)
	}
}

// withCode takes --code [USER] out of the arguments and asks for the code.
func (c *cli) withCode(args []string) (rest []string, o web.ArmOrder, err error) {
	i := slices.IndexFunc(args, func(a string) bool { return a == "--code" || a == "-code" })
	if i < 0 {
		return args, o, nil
	}
	switch after := args[i+1:]; len(after) {
	case 0:
	case 1:
		o.User = after[0]
	default:
		return nil, o, fmt.Errorf("--code: read %q, allowed the name of one user, last on the line", strings.Join(after, " "))
	}
	o.Code, err = c.password("code: ")
	return args[:i], o, err
}

// codes [USER] sets the own panel codes, or as an administrator another user's.
func codes(c *cli, args []string) error {
	own := web.OwnCodes{}
	var err error
	if len(args) == 0 {
		if own.Password, err = c.password("password: "); err != nil {
			return err
		}
	}
	if own.Code, err = c.password("code, 6–8 digits (empty: none): "); err != nil {
		return err
	}
	if own.Duress, err = c.password("duress code (empty: none): "); err != nil {
		return err
	}
	if len(args) == 0 {
		return c.call("POST", "session/codes", own, nil)
	}
	return c.call("POST", "users/"+url.PathEscape(args[0])+"/codes", own.CodesOrder, nil)
}

// consent 4h lets the installer in, consent end sends him away.
func consent(c *cli, args []string) error {
	if err := need("consent", args, 1); err != nil {
		return err
	}
	if args[0] == "end" {
		return c.call("DELETE", "consent", nil, nil)
	}
	hours, err := strconv.Atoi(strings.TrimSuffix(args[0], "h"))
	if err != nil || hours < 1 || hours > 24 {
		return fmt.Errorf("consent: read %q, allowed 1h to 24h, or end", args[0])
	}
	return c.call("POST", "consent", web.ConsentOrder{Hours: hours}, nil)
}
