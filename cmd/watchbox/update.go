package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"watchbox/firmware/point"
	"watchbox/firmware/update"
	"watchbox/web"
)

// uploadPatience bounds the upload of a bundle over a slow line.
const uploadPatience = 30 * time.Minute

// updateFirmware shows where updates stand; with a FILE it writes the bundle
// into the other slot, with switch it starts the box into it.
func updateFirmware(c *cli, args []string) error {
	what := ""
	if len(args) > 0 {
		what = args[0]
	}
	switch what {
	case "", "status":
		var s update.Status
		if err := c.call("GET", "update", nil, &s); err != nil {
			return err
		}
		return c.showUpdate(s)
	case "switch":
		reason := strings.Join(args[1:], " ")
		return c.call("POST", "update/switch", web.SwitchOrder{Insist: reason != "", Reason: reason}, nil)
	case "forget":
		return c.call("DELETE", "update", nil, nil)
	}
	return c.upload(what, len(args) > 1 && args[1] == "insist")
}

func (c *cli) upload(file string, insist bool) error {
	bundle, err := os.Open(file)
	if err != nil {
		return err
	}
	defer bundle.Close()
	path := "update"
	if insist {
		path += "?insist=true"
	}
	var s update.Status
	if err := c.send(http.MethodPost, path, bundle, "application/octet-stream", uploadPatience, &s); err != nil {
		return err
	}
	return c.showUpdate(s)
}

func (c *cli) showUpdate(s update.Status) error {
	return c.table(func(row func(...any)) {
		if !s.Slots {
			row(c.text("版本", "version"), s.Version)
			row(c.text("升级", "update"), c.named("update", "none"))
			return
		}
		row(c.text("版本", "version"), s.Version, c.text("分区 %s", "slot %s", s.Slot))
		row(c.text("升级", "update"), c.named("update", "phase."+string(s.Phase)), s.Next, s.By, clock(s.At))
		if !s.Stick.IsZero() {
			row(c.text("U盘", "USB stick"), s.Stick.In(c.lang))
		}
		for _, part := range []struct {
			name string
			list []point.Words
		}{{c.named("update", "obstacles"), s.Obstacles}, {c.named("update", "lacks"), s.Lacks}, {c.named("update", "unproven"), s.Unproven}} {
			for _, w := range part.list {
				row(part.name, w.In(c.lang))
			}
		}
		if s.Left > 0 {
			row(c.named("update", "left"), fmt.Sprintf("%.0f s", s.Left))
		}
	})
}
