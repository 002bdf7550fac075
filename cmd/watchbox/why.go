package main

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"watchbox/firmware/backtest"
	"watchbox/firmware/config"
	"watchbox/firmware/event"
	"watchbox/web"
)

// why KEY [TIME]: a time is "03:12", the last such moment at the site, or RFC 3339.
func why(c *cli, args []string) error {
	if err := need("why", args, 1); err != nil {
		return err
	}
	query := url.Values{"key": {args[0]}}
	if len(args) > 1 {
		query.Set("at", args[1])
	}
	var w web.Why
	if err := c.call("GET", "why?"+query.Encode(), nil, &w); err != nil {
		return err
	}
	return c.print(func() {
		for _, d := range w.Past {
			c.decision(d)
		}
		fmt.Fprintln(c.out)
		c.decision(w.Answer)
		for _, in := range w.Answer.Inputs {
			fmt.Fprintf(c.out, "  %s (%s, %s)\n", strings.Trim(string(in.Point)+" = "+in.Value, " ="), in.Quality, clock(in.At.Wall))
		}
	})
}

func (c *cli) decision(d event.Decision) {
	fmt.Fprintf(c.out, "%s  %-14s %s", clock(d.At.Wall), d.Verdict, d.Text.In(c.lang))
	if !d.Until.Wall.IsZero() {
		fmt.Fprintf(c.out, "  → %s", clock(d.Until.Wall))
	}
	if d.Version != "" {
		fmt.Fprintf(c.out, "  [%s]", d.Version)
	}
	if d.Skipped > 0 {
		fmt.Fprintf(c.out, "  (+%d)", d.Skipped)
	}
	fmt.Fprintln(c.out)
}

// runBacktest RULES.yaml [--since 30d]: what the rules would have done, beside the
// box's own.
func runBacktest(c *cli, args []string) error {
	if err := need("backtest", args, 1); err != nil {
		return err
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	days, err := since(args[1:])
	if err != nil {
		return err
	}
	var r backtest.Report
	if err := c.call("POST", "backtest", web.BacktestOrder{Rules: string(data), Days: days}, &r); err != nil {
		return err
	}
	rules, _, _ := config.ParseRules(args[0], data) // the box has read them already
	return c.print(func() { c.report(r, rules) })
}

// since reads how far to go back, in days: --since 30d, --since=2w, or 30.
func since(args []string) (days int, err error) {
	text := strings.Join(args, " ")
	if text == "" {
		return 30, nil
	}
	n := strings.TrimLeft(text, "-")
	n = strings.TrimLeft(strings.TrimPrefix(n, "since"), "= ")
	unit := 1
	if weeks, ok := strings.CutSuffix(n, "w"); ok {
		n, unit = weeks, 7
	}
	days, err = strconv.Atoi(strings.TrimSuffix(n, "d"))
	if days *= unit; err != nil || days < 1 || days > 60 {
		return 0, fmt.Errorf("time to go back: read %q, allowed --since 1d to --since 60d", text)
	}
	return days, nil
}
