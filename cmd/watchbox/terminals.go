package main

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/annunciate"
	"watchbox/web"
)

// inputs shows each contact of the box: how it stands, its edges, what was lost.
func inputs(c *cli, _ []string) error {
	var t web.Terminals
	if err := c.call("GET", "terminals", nil, &t); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		row("TERMINAL", "STATE", "AT REST", "DEBOUNCE", "EDGES", "LOST", "LAST EDGE", "POINT", "LABEL")
		var named uint64
		for _, in := range t.Inputs {
			named += in.Lost
			lost := "–"
			if in.Lost > 0 {
				lost = fmt.Sprintf("%d LOST", in.Lost)
			}
			row(in.Terminal, in.State, in.Rest, time.Duration(in.Debounce*float64(time.Second)), in.Edges, lost, clock(in.Last), in.Point, in.Label.In(c.lang))
		}
		if t.Lost > named {
			row("", fmt.Sprintf("%d more edges were lost, of an input that is not known yet", t.Lost-named))
		}
	})
}

// outputs shows what becomes of each output when nobody commands it.
func outputs(c *cli, _ []string) error {
	var t web.Terminals
	if err := c.call("GET", "terminals", nil, &t); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		head(row)
		for _, o := range t.Outputs {
			row(o.Output, place(o.Terminal), o.Kind, strings.Join(o.By, ","), o.Rest, o.OnCrash.In(c.lang), o.OnReboot.In(c.lang), o.OnUpgrade.In(c.lang), or(string(o.Supervised), "–"))
		}
	})
}

func head(row func(...any)) {
	row("OUTPUT", "TERMINAL", "KIND", "DRIVEN BY", "AT REST", "ON CRASH", "ON REBOOT", "ON UPGRADE", "READ BACK BY")
}

// resting shows the same table of a site file, without a box.
func (c *cli) resting(list []annunciate.Resting) error {
	return c.table(func(row func(...any)) {
		head(row)
		for _, r := range list {
			row(r.Point, place(r.Terminal), r.Kind, strings.Join(r.By, ","), r.State, r.OnCrash().In(c.lang), r.OnReboot().In(c.lang), r.OnReboot().In(c.lang), or(string(r.Feedback), "–"))
		}
	})
}

func place(terminal string) string { return or(terminal, "its device") }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
