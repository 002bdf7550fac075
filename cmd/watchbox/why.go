package main

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/backtest"
	"watchbox/firmware/event"
	"watchbox/web"
)

// why KEY [TIME]: a time is "03:12" of the last day, or RFC 3339.
func why(c *cli, args []string) error {
	if err := need("why", args, 1); err != nil {
		return err
	}
	query := url.Values{"key": {args[0]}}
	if len(args) > 1 {
		at, err := past(args[1], time.Now())
		if err != nil {
			return err
		}
		query.Set("at", at.Format(time.RFC3339))
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
			fmt.Fprintf(c.out, "  %s = %s (%s, %s)\n", in.Point, in.Value, in.Quality, clock(in.At.Wall))
		}
	})
}

func (c *cli) decision(d event.Decision) {
	fmt.Fprintf(c.out, "%s  %-14s %s", clock(d.At.Wall), d.Verdict, d.Text.In(c.lang))
	if d.Version != "" {
		fmt.Fprintf(c.out, "  [%s]", d.Version)
	}
	if d.Skipped > 0 {
		fmt.Fprintf(c.out, "  (+%d)", d.Skipped)
	}
	fmt.Fprintln(c.out)
}

// past reads a time of day as the last such moment, or a whole time.
func past(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("15:04", text, now.Location())
	if err != nil {
		return t, fmt.Errorf("time %q: want 03:12, or 2026-11-24T03:12:00+08:00", text)
	}
	t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
	if t.After(now) {
		t = t.AddDate(0, 0, -1)
	}
	return t, nil
}

// runBacktest RULES.yaml [DAYS]: what the rules would have done, beside the box's own.
func runBacktest(c *cli, args []string) error {
	if err := need("backtest", args, 1); err != nil {
		return err
	}
	rules, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	days := 30
	if len(args) > 1 {
		if days, err = strconv.Atoi(strings.TrimSuffix(args[1], "d")); err != nil {
			return fmt.Errorf("days: read %q, allowed 1 to 60", args[1])
		}
	}
	var r backtest.Report
	if err := c.call("POST", "backtest", web.BacktestOrder{Rules: string(rules), Days: days}, &r); err != nil {
		return err
	}
	return c.print(func() { c.report(r) })
}

func (c *cli) report(r backtest.Report) {
	fmt.Fprintf(c.out, "%s – %s\n", clock(r.From), clock(r.To))
	for _, t := range r.Rules {
		fmt.Fprintf(c.out, "rule %-20s now %d, then %d: %d the same, %d earlier or later, %d no longer, %d new\n", t.Rule, t.Old, t.New, t.Same, t.Moved, t.Gone, t.Added)
	}
	for _, x := range r.Refused {
		fmt.Fprintf(c.out, "refused %s: %s\n", x.Rule, x.Why.In(c.lang))
	}
	c.raises("now: ", "-", r.Old)
	c.raises("then:", "+", r.New)
	c.coverage(r)
}

// raises marks what only these rules would have rung.
func (c *cli) raises(name, only string, o backtest.Outcome) {
	fmt.Fprintf(c.out, "%s %d alarms\n", name, len(o.Raises)+o.More)
	for _, a := range o.Raises {
		mark, shift, end := " ", "", "…"
		if a.Only {
			mark = only
		}
		if a.Shift != 0 {
			shift = fmt.Sprintf("  (%+.0f s)", a.Shift.Seconds())
		}
		if !a.Cleared.IsZero() {
			end = clock(a.Cleared)
		}
		fmt.Fprintf(c.out, "  %s %s – %s  %s%s\n", mark, clock(a.At), end, a.Text.In(c.lang), shift)
	}
	if o.More > 0 {
		fmt.Fprintf(c.out, "    … %d more\n", o.More)
	}
}

// coverage says on what data it rests.
func (c *cli) coverage(r backtest.Report) {
	if r.Began.After(r.From) {
		fmt.Fprintf(c.out, "data begin at %s\n", clock(r.Began))
	}
	for _, g := range r.Off {
		fmt.Fprintf(c.out, "box off %s – %s\n", clock(g.From), clock(g.To))
	}
	for _, p := range r.Coverage {
		how := ""
		if p.Computed {
			how = ", computed again"
		}
		if p.Thinned > 0 {
			how += fmt.Sprintf(", thinned to %v", p.Thinned)
		}
		fmt.Fprintf(c.out, "data %s: %d samples, one every %v%s, %d gaps\n", p.Point, p.Samples, p.Resolution, how, len(p.Gaps)+p.MoreGaps)
		for _, g := range p.Gaps {
			fmt.Fprintf(c.out, "  gap %s – %s\n", clock(g.From), clock(g.To))
		}
	}
}
