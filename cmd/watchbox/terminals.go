package main

import (
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
		c.head(row, "端子 触点 平时 去抖 动作次数 丢失 最近动作 测点 名称", "TERMINAL STATE AT-REST DEBOUNCE EDGES LOST LAST-EDGE POINT LABEL")
		var named uint64
		for _, in := range t.Inputs {
			named += in.Lost
			lost := "–"
			if in.Lost > 0 {
				lost = c.text("丢失 %d", "%d LOST", in.Lost)
			}
			row(in.Terminal, c.named("terminal", in.State), c.named("terminal", in.Rest), time.Duration(in.Debounce*float64(time.Second)), in.Edges, lost, clock(in.Last), in.Point, in.Label.In(c.lang))
		}
		if t.Lost > named {
			row("", c.text("另有 %d 次动作丢失，暂不知是哪一路", "%d more edges were lost, of an input that is not known yet", t.Lost-named))
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
		c.restHead(row)
		for _, o := range t.Outputs {
			row(o.Output, c.place(o.Terminal), c.named("output", o.Kind), strings.Join(o.By, ","), c.named("rest", o.Rest), o.OnCrash.In(c.lang), o.OnReboot.In(c.lang), o.OnUpgrade.In(c.lang), or(string(o.Supervised), "–"))
		}
	})
}

// head is the first row of a table: a word for each column.
func (c *cli) head(row func(...any), zh, en string) {
	var cells []any
	for _, word := range strings.Fields(c.text(zh, en)) {
		cells = append(cells, word)
	}
	row(cells...)
}

func (c *cli) restHead(row func(...any)) {
	c.head(row, "输出 端子 用途 由谁驱动 静止 程序崩溃时 重启时 升级时 读回", "OUTPUT TERMINAL KIND DRIVEN-BY AT-REST ON-CRASH ON-REBOOT ON-UPGRADE READ-BACK-BY")
}

// resting shows the same table of a site file, without a box.
func (c *cli) resting(list []annunciate.Resting) error {
	return c.table(func(row func(...any)) {
		c.restHead(row)
		for _, r := range list {
			row(r.Point, c.place(r.Terminal), c.named("output", string(r.Kind)), strings.Join(r.By, ","), c.named("rest", string(r.State)), r.OnCrash().In(c.lang), r.OnReboot().In(c.lang), r.OnReboot().In(c.lang), or(string(r.Feedback), "–"))
		}
	})
}

func (c *cli) place(terminal string) string {
	return or(terminal, c.text("设备自身", "its device"))
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
