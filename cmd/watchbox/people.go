package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"strings"

	"golang.org/x/term"
	"watchbox/firmware/person"
	"watchbox/web"
)

// password asks on the terminal without echo, or reads one line of a pipe.
func (c *cli) password(prompt string) (string, error) {
	if f, ok := c.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(os.Stderr, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	if c.lines == nil {
		c.lines = bufio.NewReader(c.in)
	}
	line, err := c.lines.ReadString('\n')
	if line == "" && err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func login(c *cli, args []string) error {
	if err := need("login", args, 1); err != nil {
		return err
	}
	p, err := c.password("password: ")
	if err != nil {
		return err
	}
	var s web.Session
	if err := c.call("POST", "session", web.LogIn{Name: args[0], Password: p}, &s); err != nil {
		return err
	}
	return keepSession(s.Session)
}

func logout(c *cli, _ []string) error {
	err := c.call("DELETE", "session", nil, nil)
	os.Remove(sessionFile())
	return err
}

func addUser(c *cli, args []string) error {
	if err := need("user", args, 2); err != nil {
		return err
	}
	p, err := c.password("password of " + args[0] + ": ")
	if err != nil {
		return err
	}
	return c.call("POST", "users", web.UserOrder{Name: args[0], Role: person.Role(args[1]), Password: p}, nil)
}

func newToken(c *cli, args []string) error {
	if err := need("token", args, 2); err != nil {
		return err
	}
	var t web.Token
	if err := c.call("POST", "tokens", web.TokenOrder{User: args[0], Label: strings.Join(args[1:], " ")}, &t); err != nil {
		return err
	}
	return c.print(func() { fmt.Fprintln(c.out, t.Token) })
}

// key is an alarm's key, or "all", as a path element.
func key(s string) string {
	if s == "all" {
		s = "*"
	}
	return url.PathEscape(s)
}

// print is for people; with -o json the answer was printed already.
func (c *cli) print(f func()) error {
	if !c.json {
		f()
	}
	return nil
}
