package app

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"watchbox/firmware/config"
)

// ErrSite is a site file that was not accepted; its text lists every problem.
var ErrSite = errors.New("site file not accepted")

// readSite reads, checks and resolves the site file. problems also hold
// warnings; site is nil when an error is among them.
func readSite(o Options) (*config.Site, []config.Problem) {
	site, problems := config.Load(o.SitePath, o.Secrets)
	if site == nil {
		return nil, problems
	}
	world, more := o.Builder.World(site)
	problems = append(append(problems, config.Validate(site, world)...), more...)
	if config.Refused(problems) {
		return nil, problems
	}
	return site, problems
}

// firstSite is the site to start with: the file, else the last accepted one,
// which the box's own memory keeps for the day when the file is broken.
func (a *App) firstSite() (*config.Site, []config.Problem, error) {
	site, problems := readSite(a.options)
	if site != nil {
		a.accept()
		return site, problems, nil
	}
	a.refused = fmt.Errorf("%w: %s", ErrSite, list(problems))
	old, err := a.accepted()
	if err != nil {
		return nil, problems, a.refused
	}
	return old, problems, nil
}

// accept keeps the file as the last accepted one.
func (a *App) accept() {
	data, err := os.ReadFile(a.options.SitePath)
	if err == nil {
		err = config.SaveAccepted(a.options.DataDir, data)
	}
	if err != nil {
		a.log("keep accepted site file: %v", err)
	}
}

// list is every problem on a line of its own.
func list(problems []config.Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// accepted reads the last accepted site file.
func (a *App) accepted() (*config.Site, error) {
	data, err := config.LoadAccepted(a.options.DataDir)
	if err != nil {
		return nil, err
	}
	site, problems := config.Parse("accepted site file", data)
	if site != nil {
		site, problems = site.Resolve(a.options.Secrets)
	}
	if site == nil {
		return nil, fmt.Errorf("accepted site file: %s", list(problems))
	}
	return site, nil
}
