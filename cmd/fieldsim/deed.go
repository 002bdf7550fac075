package main

import (
	"fmt"
	"slices"
	"strings"

	"watchbox/firmware/point"
)

// deed is one thing that a person, a story or a test can do to the simulated
// site: "press panic", "mains off", "slave ups1 silent". The words are the
// command line, the page's buttons and the story files at once.
type deed struct {
	words string // as typed; <x> is one argument, <x…> the rest, a|b a choice
	help  point.Words
	do    func(args []string) error
}

// deeds is the table of all of them, in the order in which they are listed.
type deeds []deed

// do finds the deed that the words name and does it.
func (t deeds) do(words string) error {
	said := strings.Fields(words)
	var near []string
	for _, d := range t {
		args, ok := match(strings.Fields(d.words), said)
		if ok {
			if err := d.do(args); err != nil {
				return fmt.Errorf("%s: %w", strings.Join(said, " "), err)
			}
			return nil
		}
		if len(said) > 0 && strings.Fields(d.words)[0] == said[0] {
			near = append(near, d.words)
		}
	}
	if near == nil {
		near = t.words()
	}
	return fmt.Errorf("%q is not something that can happen here; allowed: %s", words, strings.Join(near, " · "))
}

// knows is true for words that do would not refuse as unknown.
func (t deeds) knows(words string) bool {
	said := strings.Fields(words)
	return slices.ContainsFunc(t, func(d deed) bool {
		_, ok := match(strings.Fields(d.words), said)
		return ok
	})
}

func (t deeds) words() []string {
	var w []string
	for _, d := range t {
		w = append(w, d.words)
	}
	return w
}

// match compares pattern and said word by word; the last <x…> takes the rest.
func match(pattern, said []string) (args []string, ok bool) {
	for i, p := range pattern {
		switch {
		case i >= len(said):
			return nil, false
		case strings.HasPrefix(p, "<") && strings.HasSuffix(p, "…>"):
			return append(args, strings.Join(said[i:], " ")), true
		case strings.HasPrefix(p, "<"):
			args = append(args, said[i])
		case strings.Contains(p, "|"):
			if !slices.Contains(strings.Split(p, "|"), said[i]) {
				return nil, false
			}
			args = append(args, said[i])
		case p != said[i]:
			return nil, false
		}
	}
	return args, len(pattern) == len(said)
}
