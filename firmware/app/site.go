package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"watchbox/firmware/config"
	"watchbox/firmware/point"
)

// ErrSite is a site file that was not accepted; its text lists every problem.
var ErrSite = errors.New("site file not accepted")

// readSite reads, checks and resolves the site file. problems also hold
// warnings; site is nil when an error is among them. text is the file as it was read.
func readSite(o Options, excused ...config.Code) (site *config.Site, text []byte, problems []config.Problem) {
	text, problems = config.ReadFile(o.SitePath)
	if problems != nil {
		return nil, nil, problems
	}
	site, problems = checkSite(o, filepath.Base(o.SitePath), text, excused...)
	return site, text, problems
}

// checkSite is readSite of a file that was read already. Problems of the kinds that
// are excused refuse nothing.
func checkSite(o Options, name string, text []byte, excused ...config.Code) (*config.Site, []config.Problem) {
	site, problems := config.LoadText(name, text, o.Secrets)
	if site == nil {
		return nil, problems
	}
	world, more := o.Builder.World(site)
	problems = append(append(problems, config.Validate(site, world)...), more...)
	counted := slices.DeleteFunc(slices.Clone(problems), func(p config.Problem) bool { return slices.Contains(excused, p.Code) })
	if config.Refused(counted) {
		return nil, problems
	}
	return site, problems
}

// firstSite is the site to start with: the file, else the last accepted one,
// which the box's own memory keeps for the day when the file is broken, or was
// on trial and nobody confirmed it, else the board's own. An own map that the disk
// lost costs its device, and nothing else.
func (a *App) firstSite() (*config.Site, []config.Problem, error) {
	site, text, problems := readSite(a.options, config.LostMap)
	if site != nil && !a.unconfirmed(text) {
		// A disk that takes no write any more keeps nobody from guarding.
		first, err := inTime(context.Background(), startsPatience, func() config.Accepted { return a.acceptFirst(text) })
		if err != nil {
			a.log("keep the site file: %v", err)
		} else if a.kept != nil || first.By != nobody { // somebody put it here in an earlier life of the daemon
			a.kept = &first.At
		}
		return site, problems, nil
	}
	a.refused = fmt.Errorf("%w: %w", ErrSite, config.Problems(problems))
	if site != nil {
		a.refused = errUnconfirmed
	}
	old, text, err := a.accepted()
	if err != nil && site != nil {
		return site, problems, nil // a site that nobody confirmed guards better than none
	}
	if err == nil {
		a.log("running on the accepted site file %.12s", config.Digest(text))
		return old, problems, nil
	}
	if old = a.standard(); old != nil {
		return old, problems, nil
	}
	return nil, problems, a.refused
}

// sweep removes what a power cut left half written, before anybody writes.
func (a *App) sweep() {
	ctx, end := context.WithTimeout(context.Background(), startsPatience)
	defer end()
	failed, err := inTime(ctx, startsPatience, func() error { return config.SweepUnfinished(ctx, a.options.DataDir) })
	if err = errors.Join(err, failed); err != nil {
		a.log("sweep: %v", err)
	}
}

// standard is the board's own site: terminals that may be wired otherwise guard better
// than a daemon that does not run. nil when there is none.
func (a *App) standard() *config.Site {
	if a.options.Standard == "" {
		return nil
	}
	o := a.options
	o.SitePath = o.Standard
	site, _, problems := readSite(o)
	if site == nil {
		a.log("the board's own site file: %v", config.Problems(problems))
		return nil
	}
	a.log("no site file can be used: running on the board's own, %s", o.Standard)
	a.kept = nil // it was the kept one that could not be used
	return site
}

// acceptFirst accepts the site file of the start. Without data it is not what somebody
// has just accepted, so it takes nobody's place outside of data.
func (a *App) acceptFirst(text []byte) (entry config.Accepted) {
	a.accepting.Lock()
	defer a.accepting.Unlock()
	m, at := a.options.Machine, a.clock().Wall
	if m.Kept != nil {
		at = *m.Kept
	}
	if entry = a.remember(text, nobody, at); m.Lost == nil {
		a.keeper.keep(text, entry.At)
	}
	return entry
}

// nobody is who accepts a site file at a start.
const nobody = "box"

// accept keeps a site file that came into force: on data, and outside of it.
func (a *App) accept(text []byte, actor string) {
	a.accepting.Lock()
	defer a.accepting.Unlock()
	now := a.clock()
	a.keeper.keep(text, a.remember(text, actor, now.Wall).At)
	if now.Clock == point.ClockUnknown {
		now.Wall = time.Time{}
	}
	a.kept = &now.Wall
}

// remember keeps it on data: as the last accepted one, and in the history, which tells
// since when it has been there. Whoever calls it holds accepting.
func (a *App) remember(text []byte, actor string, at time.Time) config.Accepted {
	if old, err := config.LoadAccepted(a.options.DataDir); err != nil || !bytes.Equal(old, text) {
		if err := config.SaveAccepted(a.options.DataDir, text); err != nil {
			a.log("keep accepted site file: %v", err)
		}
	}
	entry, err := a.history().Add(text, config.Accepted{By: actor, At: at, Firmware: a.options.Version})
	if err != nil {
		a.log("%v", err)
	}
	return entry
}

func (a *App) history() config.History {
	return config.History{Directory: filepath.Join(a.options.DataDir, "site-history")}
}

// accepted reads the last accepted site file. One that this firmware does not
// understand was accepted by a later one, before a fall-back: then it is the
// newest of the history that it does understand.
func (a *App) accepted() (site *config.Site, text []byte, err error) {
	text, err = config.LoadAccepted(a.options.DataDir)
	if err == nil {
		site, problems := config.LoadText("accepted site file", text, a.options.Secrets)
		if site != nil {
			return site, text, nil
		}
		err = fmt.Errorf("accepted site file: %w", config.Problems(problems))
	}
	if site, text = a.understood(); site != nil {
		return site, text, nil
	}
	return nil, nil, err
}

func (a *App) understood() (*config.Site, []byte) {
	entries, err := a.history().List()
	if err != nil {
		return nil, nil
	}
	for _, e := range entries {
		if _, text, err := a.history().Get(e.Number); err == nil {
			if site, _ := config.LoadText(fmt.Sprintf("site file %d", e.Number), text, a.options.Secrets); site != nil {
				return site, text
			}
		}
	}
	return nil, nil
}
