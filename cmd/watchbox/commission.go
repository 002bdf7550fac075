package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"watchbox/firmware/commission"
	"watchbox/web"
)

// commissioning [PATTERN] lists the checklist; with a verb it works on one item.
func commissioning(c *cli, args []string) error {
	if len(args) == 1 && args[0] == "csv" {
		return c.fetch("commission.csv")
	}
	if len(args) < 2 {
		return c.checklist(args)
	}
	item := "commission/" + url.PathEscape(args[1])
	remark := strings.Join(args[2:], " ")
	switch args[0] {
	case "test":
		return c.call("POST", item+"/test", nil, nil)
	case "cancel":
		return c.call("DELETE", item+"/test", nil, nil)
	case "pass", "fail":
		return c.call("POST", item+"/sign", web.SignOrder{Passed: args[0] == "pass", Remark: remark}, nil)
	case "photo":
		picture, err := os.ReadFile(remark)
		if err != nil {
			return err
		}
		return c.send("POST", item+"/photo", bytes.NewReader(picture), "image/jpeg", time.Minute, nil)
	}
	return fmt.Errorf("usage: watchbox commission %s", verbs()["commission"].use)
}

func (c *cli) checklist(args []string) error {
	var list web.Checklist
	if err := c.call("GET", "commission", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range list.Items {
			if len(args) > 0 && !meant(args[0], v.Key) {
				continue
			}
			row(append([]any{v.Key}, c.tested(v)...)...)
		}
		row(c.text("合格 %d，不合格 %d，未测 %d", "%d passed, %d failed, %d not tested", list.Passed, list.Failed, list.Open))
	})
}

// meant tells whether the key is the one asked for, or fits the pattern.
func meant(pattern, key string) bool {
	ok, err := path.Match(pattern, key)
	return key == pattern || err == nil && ok
}

// tested is how far an item is, and what the box saw.
func (c *cli) tested(v *commission.ItemView) []any {
	saw := func(list []commission.Seen) string {
		var all []string
		for _, s := range list {
			text := clock(s.At) + " " + s.Text.In(c.lang)
			if s.Simulated {
				text = "SIM " + text
			}
			all = append(all, text)
		}
		return strings.Join(all, "; ")
	}
	switch e := v.Entry; {
	case v.Test != nil:
		return []any{c.text("%s 测试中", "%s tests it", v.Test.By), "", v.Label.In(c.lang), saw(v.Test.Saw)}
	case e == nil:
		return []any{c.text("未测", "not tested"), "", v.Label.In(c.lang), ""}
	default:
		word := c.text("不合格", "failed")
		if e.Passed {
			word = c.text("合格", "passed")
		}
		return []any{word + " · " + commission.Means[e.How].In(c.lang), e.By + " " + clock(e.At), v.Label.In(c.lang), strings.TrimSpace(saw(e.Saw) + " " + e.Remark)}
	}
}
