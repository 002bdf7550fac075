package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"watchbox/drivers/maps"
	"watchbox/firmware/config"
	"watchbox/firmware/driver"
	"watchbox/web"
)

// productMaps list, show NAME, check FILE, put NAME FILE, remove NAME.
func productMaps(c *cli, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "list":
		return c.listMaps()
	case len(args) == 2 && args[0] == "show":
		return c.fetch(mapPath(args[1]))
	case len(args) == 2 && args[0] == "check":
		return c.checkMap(args[1])
	case len(args) == 3 && args[0] == "put":
		return c.putMap(args[1], args[2])
	case len(args) == 2 && args[0] == "remove":
		return c.call(http.MethodDelete, mapPath(ownMap(args[1])), nil, nil)
	}
	return need("map", nil, 1)
}

func mapPath(name string) string { return "maps/" + url.PathEscape(name) }

// ownMap is the whole name: a person may leave own/ out where nothing else can be meant.
func ownMap(name string) string { return driver.OwnMap + strings.TrimPrefix(name, driver.OwnMap) }

func (c *cli) listMaps() error {
	var list web.MapList
	if err := c.call("GET", "maps", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		c.head(row, "点表 协议 测点 使用的设备 名称", "MAP PROTOCOL POINTS USED-BY LABEL")
		for _, m := range list.Maps {
			trust := m.Trust.In(c.lang)
			if !m.Fault.IsZero() {
				trust = m.Fault.In(c.lang)
			} else if m.Template {
				trust += c.text("，模板", ", template")
			}
			row(m.Name, strings.TrimSpace(m.Protocol+" "+m.Class), trust, or(strings.Join(m.Devices, ","), "–"), m.Label.In(c.lang))
		}
	})
}

// checkMap reads a map as the box would, without one.
func (c *cli) checkMap(file string) error {
	text, err := readMap(file)
	if err != nil {
		return err
	}
	m, err := maps.Parse(file, text)
	var problems config.Problems
	errors.As(err, &problems)
	if c.json {
		return json.NewEncoder(c.out).Encode(worded(problems))
	}
	for _, p := range problems {
		fmt.Fprintln(c.out, p.Words().In(c.lang))
	}
	switch {
	case err != nil:
		return errors.New(c.text("设备不会采用此点表", "the box would refuse this map"))
	case len(text) > config.OwnMapMost:
		return errors.New(c.text(fmt.Sprintf("超过 %d KB，设备不会采用", config.OwnMapMost>>10), fmt.Sprintf("more than %d KB: the box would refuse it", config.OwnMapMost>>10)))
	}
	c.say("%s：可用：%s", "%s: good: %s", file, m.Summary().In(c.lang))
	return nil
}

// readMap reads a file that may be anything, bounded.
func readMap(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, config.OwnMapMost+1))
}

func (c *cli) putMap(name, file string) error {
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	name = ownMap(name)
	if err := c.send(http.MethodPost, mapPath(name), text, "application/yaml", 30*time.Second, nil); err != nil {
		return err
	}
	if !c.json {
		c.say("已保存。在站点文件的设备里写 map: %s", "Kept. Name it at a device of the site file: map: %s", name)
	}
	return nil
}
