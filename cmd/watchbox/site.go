package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"watchbox/web"
)

func reload(c *cli, args []string) error {
	switch {
	case len(args) == 0:
		return c.call("POST", "site/reload", nil, nil)
	case len(args) == 2 && (args[0] == "--confirm" || args[0] == "-confirm"):
		return c.call("POST", "site/reload", web.ReloadOrder{Confirm: args[1]}, nil)
	}
	return need("reload", nil, 1)
}

func confirmSite(c *cli, _ []string) error { return c.call("POST", "site/confirm", nil, nil) }

// siteFiles history, diff N, restore N, get, put FILE [--confirm TIME].
func siteFiles(c *cli, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "get":
		return c.getSite()
	case len(args) == 2 && args[0] == "put":
		return c.putSite(args[1], "")
	case len(args) == 4 && args[0] == "put" && (args[2] == "--confirm" || args[2] == "-confirm"):
		return c.putSite(args[1], args[3])
	case len(args) == 1 && args[0] == "history":
		return c.siteHistory()
	case len(args) == 2 && args[0] == "diff":
		return c.siteDiff(args[1])
	case len(args) == 2 && args[0] == "restore":
		return c.call("POST", "site/history/"+url.PathEscape(args[1])+"/restore", nil, nil)
	}
	return need("config", nil, 1)
}

func (c *cli) siteHistory() error {
	var list web.SiteHistory
	if err := c.call("GET", "site/history", nil, &list); err != nil {
		return err
	}
	return c.table(func(row func(...any)) {
		for _, a := range list.Files {
			row(a.Number, clock(a.At), a.By, a.Digest[:min(12, len(a.Digest))], c.text("%d 字节", "%d bytes", a.Bytes), a.Firmware)
		}
	})
}

func (c *cli) siteDiff(number string) error {
	var d web.SiteDiff
	if err := c.call("GET", "site/history/"+url.PathEscape(number), nil, &d); err != nil {
		return err
	}
	marks := map[string]string{"same": "  ", "gone": "- ", "new": "+ ", "cut": "…"}
	return c.print(func() {
		for _, l := range d.Lines {
			fmt.Fprintln(c.out, marks[l.Kind]+l.Text)
		}
	})
}

func (c *cli) getSite() error { return c.fetch("site/file") }

func (c *cli) putSite(file, confirm string) error {
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	path := "site/file"
	if confirm != "" {
		path += "?confirm=" + url.QueryEscape(confirm)
	}
	return c.send(http.MethodPost, path, text, "application/yaml", 30*time.Second, nil)
}
