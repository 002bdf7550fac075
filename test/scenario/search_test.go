//go:build scenario

package scenario

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchbox/firmware/bus"
)

func searchPath(name string) string { return "buses/" + url.PathEscape(name) + "/search" }

// search has a bus searched, and does not wait for the end.
func search(s *story, a []string) error {
	o := bus.Order{Protocols: []string{a[1]}}
	if n, _ := fmt.Sscanf(a[2], "%d-%d", &o.From, &o.To); n != 2 {
		return fmt.Errorf("units %q: want two numbers such as 1-32", a[2])
	}
	return s.Call("POST", searchPath(a[0]), o, nil)
}

// learn listens to another master, and does not wait for the end.
func learn(s *story, a []string) error {
	seconds, err := strconv.Atoi(a[1])
	if err != nil {
		return err
	}
	return s.Call("POST", searchPath(a[0]), bus.Order{Learn: true, Seconds: seconds}, nil)
}

// searching is true while the search or the learning runs.
func searching(s *story, a []string) error {
	p, err := s.progress(a[0])
	if err == nil && !p.Running {
		err = fmt.Errorf("it is over after %d questions", p.Asked)
	}
	return err
}

// searched is true when it is over.
func searched(s *story, a []string) error {
	p, err := s.progress(a[0])
	if err == nil && p.Running {
		err = fmt.Errorf("it runs: %d of %d, %s", p.Asked, p.Of, p.Now)
	}
	return err
}

// found is whether the search or the learning proposes that map for a unit, before others.
func found(s *story, a []string) error {
	p, err := s.progress(a[0])
	if err != nil {
		return err
	}
	unit, err := strconv.Atoi(a[2])
	at := slices.IndexFunc(p.Findings, func(f bus.Finding) bool { return f.Protocol == a[1] && f.Unit == unit })
	switch {
	case err != nil:
		return err
	case at < 0:
		return fmt.Errorf("there are only %+v", p.Findings)
	case len(p.Findings[at].Proposals) == 0 || p.Findings[at].Proposals[0].Map != a[3]:
		return fmt.Errorf("it is %q, proposed: %+v", p.Findings[at].Identity, p.Findings[at].Proposals)
	}
	return nil
}

// proposes is whether the lines for the site file have the text.
func proposes(s *story, a []string) error {
	p, err := s.progress(a[0])
	if err == nil && !strings.Contains(p.Lines, a[1]) {
		err = fmt.Errorf("the lines are\n%s", p.Lines)
	}
	return err
}

// proposesNothing is whether nobody was found.
func proposesNothing(s *story, a []string) error {
	p, err := s.progress(a[0])
	if err == nil && len(p.Findings)+len(p.Lines) > 0 {
		err = fmt.Errorf("there are %+v", p.Findings)
	}
	return err
}

func (s *story) progress(name string) (p bus.Progress, err error) {
	return p, s.Call("GET", searchPath(name), nil, &p)
}
