package conformance

import (
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/annunciate"
)

// expectWall: what the wall's text part shows now.
//
//	expect wall dark            nothing at all
//	expect wall shows TEXT      a line that holds the text
//	expect wall turns TEXT…     within a minute, left alone, each of the texts came once on a page of its own
func (p *player) expectWall(a []string) error {
	switch {
	case len(a) == 1 && a[0] == "dark":
		if lines := p.picture.Page.Lines; len(lines) > 0 || p.lit() {
			return fmt.Errorf("it shows %v", lines)
		}
		return nil
	case len(a) > 1 && a[0] == "shows":
		return p.wallShows(strings.Join(a[1:], " "))
	case len(a) > 1 && a[0] == "turns":
		return p.wallTurns(a[1:])
	}
	return errWords
}

// lit is true while any lamp of the wall is on.
func (p *player) lit() bool {
	for _, c := range p.picture.Lamps {
		if c != (annunciate.RGB{}) {
			return true
		}
	}
	return false
}

func (p *player) wallShows(text string) error {
	for _, l := range p.picture.Page.Lines {
		if strings.Contains(l.Text, text) {
			return nil
		}
	}
	return fmt.Errorf("it shows %v", p.picture.Page.Lines)
}

func (p *player) wallTurns(texts []string) error {
	missing := map[string]bool{}
	for _, t := range texts {
		missing[t] = true
	}
	for end := p.now.Mono + time.Minute; p.now.Mono < end; p.pass(500 * time.Millisecond) {
		for t := range missing {
			if p.wallShows(t) == nil {
				delete(missing, t)
				break // each has a page of its own
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("within a minute it did not show %v", missing)
	}
	return nil
}
