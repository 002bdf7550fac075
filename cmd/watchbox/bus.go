package main

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/bus"
	"watchbox/web"
)

// buses shows the health of the wires, or does one of the verbs on a wire.
func buses(c *cli, args []string) error {
	verbs := map[string]func(*cli, []string) error{"trace": traceBus, "scan": searchBus, "learn": learnBus}
	if len(args) > 0 && verbs[args[0]] != nil {
		return verbs[args[0]](c, args[1:])
	}
	var list web.Buses
	if err := c.call("GET", "buses", nil, &list); err != nil {
		return err
	}
	found := false
	err := c.print(func() {
		for _, h := range list.Buses {
			if len(args) == 0 || args[0] == h.ID {
				found = true
				c.health(h)
			}
		}
	})
	if err == nil && len(args) > 0 && !found && !c.json {
		return fmt.Errorf("%s: %s", args[0], c.text("没有这条总线", "there is no such bus"))
	}
	return err
}

// health is one wire: what it achieves, what happened, each slave, hints.
func (c *cli) health(h bus.Health) {
	score := c.text("没有问询", "nothing was asked")
	if h.Score >= 0 {
		score = c.text("得分 %d %%（每秒 %.1f 次，上限 %.1f 次），占用 %.0f %%", "score %d %% (%.1f exchanges a second, ceiling %.1f), in use %.0f %%", h.Score, h.Achieved, h.Ceiling, 100*h.Load)
	}
	n := h.Counts
	c.say("%s  %s  %s", "%s  %s  %s", h.ID, h.Shape, score)
	c.say("  近 %v：问询 %d，应答 %d，无应答 %d，迟到 %d，校验错 %d，无法识别 %d，外来 %d，重复 %d", "  last %v: asked %d, answered %d, silent %d, late %d, wrong check sum %d, not understood %d, foreign %d, doubled %d",
		(time.Duration(h.Seconds) * time.Second), n.Exchanges, n.Answered, n.Silent, n.Late, n.Damaged, n.Noise, n.Foreign, n.Doubled)
	c.table(func(row func(...any)) {
		for _, s := range h.Slaves {
			row("  "+s.Protocol, s.Unit, strings.Join(s.Devices, ", "), c.text("应答 %d/%d", "answered %d/%d", s.Counts.Answered, s.Counts.Exchanges),
				c.text("应答时间 ≥ %s", "turn-around ≥ %s", milliseconds(s.Least)), histogram(h.Steps, s.Turns))
		}
	})
	for _, x := range h.Hints {
		fmt.Fprintln(c.out, "  ! "+x.In(c.lang))
	}
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.1f ms", 1000*seconds) }

// histogram is the classes that hold something: "≤10ms:94 ≤20ms:6".
func histogram(steps []float64, turns []uint64) string {
	var parts []string
	for i, n := range turns {
		switch {
		case n == 0:
		case i < len(steps):
			parts = append(parts, fmt.Sprintf("≤%v:%d", time.Duration(steps[i]*float64(time.Second)), n))
		default:
			parts = append(parts, fmt.Sprintf(">%v:%d", time.Duration(steps[len(steps)-1]*float64(time.Second)), n))
		}
	}
	return strings.Join(parts, " ")
}
