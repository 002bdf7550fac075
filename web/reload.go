package web

import (
	"errors"
	"strings"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/engine"
	"watchbox/firmware/point"
)

func reloadSite(c *call) (any, error) {
	if err := c.command(engine.Command{Verb: engine.Service, Target: "site"}); err != nil {
		return nil, err
	}
	in, err := read[ReloadOrder](c)
	if err != nil {
		return nil, err
	}
	confirm, err := parseConfirm(in.Confirm)
	switch {
	case err != nil:
		return nil, err
	case confirm == 0:
		err = c.box.Reload(c.r.Context(), c.user.Name)
	default:
		err = c.box.ReloadOnTrial(c.r.Context(), c.user.Name, confirm)
	}
	if err != nil {
		return nil, siteRefused(err)
	}
	return nil, nil
}

// parseConfirm reads how long a site file may be confirmed; 0 for good.
func parseConfirm(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	confirm, err := time.ParseDuration(text)
	if err != nil || confirm < time.Minute || confirm > 24*time.Hour {
		return 0, badRequest("confirm: want a time from 1m to 24h, such as 10m")
	}
	return confirm, nil
}

// siteRefused keeps the lines of the check apart: one reason each.
func siteRefused(err error) error {
	f := *asFailure(err)
	if f.status != 409 {
		return &f
	}
	f.Code = "site-refused"
	f.Words = point.Words{Zh: "站点文件有误，仍用原来的配置", En: "The site file has errors; the former configuration stays"}
	f.Reasons = lines(err)
	return &f
}

// lines are those of an error, bounded; problems of a site file in both languages.
func lines(err error) (list []point.Words) {
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems[:min(len(problems), 100)] {
			list = append(list, p.Words())
		}
		return list
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line = strings.TrimSpace(line); line != "" && len(list) < 100 {
			list = append(list, point.Words{Zh: line, En: line})
		}
	}
	return list
}
