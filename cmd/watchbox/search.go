package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"watchbox/firmware/bus"
)

const searchUse = "usage: watchbox bus scan BUS [--protocol modbus-rtu,ydt1363,megatec] [--units 1-32] [--speed '9600 8N1,19200 8E1'] [--stop]"

// searchBus has a bus searched and tells how far it is, until it is over; Ctrl-C
// stops it. With --stop one that somebody began is stopped.
func searchBus(c *cli, args []string) error {
	flags := flag.NewFlagSet("watchbox bus scan", flag.ContinueOnError)
	protocols := flags.String("protocol", "", "only these, separated by commas")
	units := flags.String("units", "", "addresses, `1-32`")
	speeds := flags.String("speed", "", "only these, separated by commas: '9600 8N1'")
	stop := flags.Bool("stop", false, "stop the search that runs")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return errors.New(searchUse)
	}
	path := "buses/" + url.PathEscape(names[0]) + "/search"
	if *stop {
		return c.call("DELETE", path, nil, nil)
	}
	o := bus.Order{Protocols: list(*protocols), Shapes: list(*speeds)}
	if *units != "" {
		if n, _ := fmt.Sscanf(*units, "%d-%d", &o.From, &o.To); n != 2 {
			return fmt.Errorf("--units: read %q, allowed two numbers such as 1-32", *units)
		}
	}
	if err := c.call("POST", path, o, nil); err != nil {
		return err
	}
	return c.awaitSearch(path)
}

// learnBus listens to another master on a bus without devices.
func learnBus(c *cli, args []string) error {
	flags := flag.NewFlagSet("watchbox bus learn", flag.ContinueOnError)
	seconds := flags.Int("seconds", 300, "how long to listen, 1 to 3600")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return errors.New("usage: watchbox bus learn BUS [--seconds N]")
	}
	path := "buses/" + url.PathEscape(names[0]) + "/search"
	if err := c.call("POST", path, bus.Order{Learn: true, Seconds: *seconds}, nil); err != nil {
		return err
	}
	return c.awaitSearch(path)
}

func list(text string) (all []string) {
	for _, s := range strings.Split(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// awaitSearch tells each finding once, then the lines for the site file.
func (c *cli) awaitSearch(path string) error {
	ctx, done := signal.NotifyContext(context.Background(), os.Interrupt)
	defer done()
	quiet := *c
	quiet.json = false
	var p bus.Progress
	for told := map[string]bool{}; ; {
		p = bus.Progress{}
		if err := quiet.call("GET", path, nil, &p); err != nil {
			return err
		}
		if !c.json {
			c.progress(p, told)
		}
		if !p.Running {
			break
		}
		select {
		case <-ctx.Done():
			if err := quiet.call("DELETE", path, nil, nil); err != nil {
				return err
			}
		case <-time.After(time.Second):
		}
	}
	if c.json {
		return c.call("GET", path, nil, &p)
	}
	c.say("%d 个地址或报文，用时 %v", "%d addresses, or frames, in %v", p.Asked, p.Ended.Sub(p.Began).Round(time.Second))
	if p.Lines != "" {
		c.say("# 写进站点文件（先核对，再用 watchbox check 检查）：\n%s", "# for the site file (look at it first, then watchbox check):\n%s", p.Lines)
	}
	for _, f := range p.Findings {
		if f.Draft != "" {
			c.say("# 单元 %d 的点表草稿：\n%s", "# draft of a map for unit %d:\n%s", f.Unit, f.Draft)
		}
	}
	return nil
}

func (c *cli) progress(p bus.Progress, told map[string]bool) {
	if p.Running && p.Now != "" {
		fmt.Fprintf(os.Stderr, "\r%d/%d  %-32s%-20s", p.Asked, p.Of, p.Now, c.left(p))
	}
	once := func(key, line string) {
		if !told[key] {
			told[key] = true
			fmt.Fprint(os.Stderr, "\r")
			fmt.Fprintln(c.out, line)
		}
	}
	for _, n := range p.Notes {
		once("note "+n.En, "! "+n.In(c.lang))
	}
	for _, f := range p.Findings {
		// what it is follows a little later than that it is
		if len(f.Heard) > 0 && p.Running {
			continue // more may be heard
		}
		if known := f.Device != "" || f.Identity != "" || len(f.Proposals) > 0 || !p.Running; known {
			once(fmt.Sprint(f.Protocol, f.Unit), c.finding(f))
		}
	}
}

// left is how long the addresses still take; empty until that is known.
func (c *cli) left(p bus.Progress) string {
	if p.Left == 0 {
		return ""
	}
	return c.text("还需约 %v", "about %v left", time.Duration(p.Left)*time.Second)
}

var sureness = map[string][2]string{bus.Identified: {"已识别", "identified"}, bus.Fits: {"吻合", "fits"}, bus.Possible: {"可能", "possible"}}

// finding is one device in a line, and the maps that it may be.
func (c *cli) finding(f bus.Finding) string {
	line := fmt.Sprintf("%s  %s  %d", f.Shape, f.Protocol, f.Unit)
	switch {
	case f.Device != "":
		return line + c.text("  已配置：%s", "  in the site file: %s", f.Device)
	case f.Identity != "":
		line += fmt.Sprintf("  %q", f.Identity)
	}
	if n := map[string]int{}; len(f.Heard) > 0 {
		for _, h := range f.Heard {
			n[h.Confidence]++
		}
		line += c.text("  旁听到 %d 处：%d 处吻合，%d 处数值不合理，%d 处未知", "  %d places heard: %d fit, %d have odd values, %d unnamed", len(f.Heard), n[bus.Fits], n[bus.Odd], n[bus.Unnamed])
	}
	if len(f.Proposals) == 0 {
		return line + c.text("  没有吻合的点表", "  no map fits")
	}
	for _, p := range f.Proposals {
		s := sureness[p.Confidence]
		line += fmt.Sprintf("\n    %s  %s  %s", c.text(s[0], s[1]), p.Map, c.text("%d 点中 %d 点合理；%d 个量中 %d 个不为零", "%d points, %d plausible; %d quantities, %d not zero", p.Of, p.Good, p.Measures, p.Told))
		if len(p.Odd) > 0 {
			line += c.text("；产品特征不符：%s（别的产品，或有故障）", "; but %s cannot be: another product, or a fault", strings.Join(p.Odd, ", "))
		}
	}
	return line
}
