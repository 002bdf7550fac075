package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchbox/firmware/command"
	"watchbox/firmware/point"
	"watchbox/web"
)

// outcomePatience is how long write waits for the reading that shows the result.
const outcomePatience = 90 * time.Second

// write POINT VALUE REASON [-y]: selects, shows what would change, asks, executes, and tells
// how it came out. VALUE is a number, true, false or the word of a state.
func write(c *cli, args []string) error {
	sure := len(args) > 3 && args[len(args)-1] == "-y"
	if sure {
		args = args[:len(args)-1]
	}
	if err := need("write", args, 3); err != nil {
		return err
	}
	path := "outputs/" + url.PathEscape(args[0])
	value, err := c.value(args[0], args[1])
	if err != nil {
		return err
	}
	var s command.Selection
	if err := c.call("POST", path+"/select", web.SelectOrder{Value: value, Reason: strings.Join(args[2:], " ")}, &s); err != nil {
		return err
	}
	if !sure && !c.confirmed(s) {
		return errors.New(c.text("没有写入", "not written"))
	}
	if err := c.call("POST", path+"/execute", web.ExecuteOrder{ID: s.ID}, nil); err != nil {
		return err
	}
	return c.outcome(s.ID)
}

// value reads what the person typed; a word may be that of a state of the point.
func (c *cli) value(name, text string) (v point.Value, err error) {
	if b, err := strconv.ParseBool(text); err == nil && len(text) > 1 {
		return point.OfBool(b), nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return point.OfReal(f), nil
	}
	var p web.PointView
	quiet := *c
	quiet.json = false
	if err := quiet.call("GET", "points/"+url.PathEscape(name), nil, &p); err != nil {
		return v, err
	}
	for n, w := range p.States {
		if w.Zh == text || w.En == text {
			return point.OfInt(n), nil
		}
	}
	if i := slices.Index([]string{"off", "on"}, text); i >= 0 && p.Kind == point.Bool.String() {
		return point.OfBool(i == 1), nil
	}
	return v, errors.New(c.text("值：读到 %q，允许 %s", "value: read %q, allowed %s", text, strings.TrimSpace(p.Allowed.In(c.lang))))
}

// confirmed shows what would change and asks.
func (c *cli) confirmed(s command.Selection) bool {
	from := s.From.In(c.lang)
	if !s.Known {
		from += "?"
	}
	if c.lang == "zh" {
		fmt.Fprintf(c.out, "%s：现在 %s → %s。执行？输入 yes：", s.Label.In("zh"), from, s.To.In("zh"))
	} else {
		fmt.Fprintf(c.out, "%s: now %s → %s. Do it? Type yes: ", s.Label.In("en"), from, s.To.In("en"))
	}
	line, _ := bufio.NewReader(c.in).ReadString('\n')
	return slices.Contains([]string{"yes", "y", "是"}, strings.ToLower(strings.TrimSpace(line)))
}

// outcome waits for the end of the command and fails when it was not obeyed.
func (c *cli) outcome(id string) error {
	quiet := *c
	quiet.json = false
	for end := time.Now().Add(outcomePatience); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		var list web.Commands
		if err := quiet.call("GET", "commands", nil, &list); err != nil {
			return err
		}
		i := slices.IndexFunc(list.Commands, func(v command.CommandView) bool { return v.ID == id })
		if i < 0 || list.Commands[i].State == command.Issued || list.Commands[i].State == command.Reading {
			continue
		}
		v := list.Commands[i]
		if v.State != command.Done {
			return fmt.Errorf("%s → %s: %s", v.Label.In(c.lang), v.To.In(c.lang), v.Result.In(c.lang))
		}
		return c.print(func() {
			fmt.Fprintf(c.out, "%s → %s: %s\n", v.Label.In(c.lang), v.To.In(c.lang), v.Result.In(c.lang))
		})
	}
	return errors.New(c.text("值守没有说结果如何；请看 watchbox events", "the box does not tell how it came out; see: watchbox events"))
}

// commands lists the newest writes.
func commands(c *cli, _ []string) error {
	var list web.Commands
	if err := c.call("GET", "commands", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, v := range list.Commands {
			row(clock(v.At.Wall), c.named("write", string(v.State)), v.Point, v.From.In(c.lang)+" → "+v.To.In(c.lang), v.Actor, v.Reason, v.Result.In(c.lang))
		}
	})
}
