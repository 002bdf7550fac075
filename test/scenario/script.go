// Package scenario holds the stories that prove the whole product: a simulated
// site, the daemon as a process of its own, real programs upstream. A story is a
// file that an installer can read, one line per step; README.md lists the words.
//
//	go test -tags scenario ./test/scenario
//
// Without the tag run those that need no other process: hours and weeks that
// pass in fake time, in one process.
package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is one line of a story.
type Step struct {
	Line int
	Text string // as written
	When string // "", "within", "for" or "now"
	Time time.Duration
	Word *Word
	Args []string
}

// Script is one story.
type Script struct {
	Name    string // of the file
	Zh, En  string // title
	With    []string
	Changes [][2]string // of the site file before the box starts
	Steps   []Step
}

// Word is something that a line may say: an action, or a condition that follows
// within, for or now.
type Word struct {
	Words string // "output <name> on|off"; <x…> is the rest of the line
	Help  string
	Is    kind
}

type kind int

const (
	action kind = iota
	condition
)

// equipment is what a story may ask for with `with`.
var equipment = []string{"mqtt", "webhook", "page", "no-box"}

// Parse reads a story and lists every mistake with its line.
func Parse(name, text string, words []*Word) (*Script, []error) {
	s := &Script{Name: name}
	var wrong []error
	for i, line := range strings.Split(text, "\n") {
		said := strings.TrimSpace(line)
		if said == "" || said[0] == '#' {
			continue
		}
		if err := s.take(i+1, said, words); err != nil {
			wrong = append(wrong, fmt.Errorf("%s:%d: %q: %w", name, i+1, said, err))
		}
	}
	if s.Zh == "" || s.En == "" {
		wrong = append(wrong, fmt.Errorf("%s: want a title in zh and in en", name))
	}
	return s, wrong
}

// take reads one line.
func (s *Script) take(line int, said string, words []*Word) error {
	first, rest, _ := strings.Cut(said, " ")
	switch {
	case first == "title":
		return s.title(rest)
	case first == "with":
		return s.equip(strings.Fields(rest))
	case first == "site" && len(s.Steps) == 0:
		before, after, err := exchange(rest)
		s.Changes = append(s.Changes, [2]string{before, after})
		return err
	}
	step, err := readStep(said, words)
	step.Line = line
	s.Steps = append(s.Steps, step)
	return err
}

func (s *Script) title(rest string) error {
	language, text, _ := strings.Cut(rest, " ")
	switch language {
	case "zh":
		s.Zh = text
	case "en":
		s.En = text
	default:
		return fmt.Errorf("title %s: allowed zh, en", language)
	}
	return nil
}

func (s *Script) equip(list []string) error {
	for _, e := range list {
		if !slices.Contains(equipment, e) {
			return fmt.Errorf("with %s: allowed %s", e, strings.Join(equipment, ", "))
		}
	}
	s.With = append(s.With, list...)
	return nil
}

// exchange reads "old => new"; \n in it is a line end.
func exchange(text string) (before, after string, err error) {
	before, after, ok := strings.Cut(text, " => ")
	if !ok {
		return "", "", fmt.Errorf("want old => new")
	}
	unescape := strings.NewReplacer(`\n`, "\n")
	return unescape.Replace(before), unescape.Replace(after), nil
}

func readStep(said string, words []*Word) (s Step, err error) {
	s.Text = said
	fields := strings.Fields(said)
	want := action
	switch fields[0] {
	case "within", "for":
		if len(fields) < 3 {
			return s, fmt.Errorf("want %s <time> <what>", fields[0])
		}
		if s.Time, err = time.ParseDuration(fields[1]); err != nil || s.Time <= 0 {
			return s, fmt.Errorf("time %q: want one such as 5s or 2m", fields[1])
		}
		s.When, fields, want = fields[0], fields[2:], condition
	case "now":
		s.When, fields, want = "now", fields[1:], condition
	}
	var near []string
	for _, w := range words {
		if w.Is != want {
			continue
		}
		if args, ok := match(strings.Fields(w.Words), fields); ok {
			s.Word, s.Args = w, args
			if w.Words == "site <change…>" { // blanks count in it
				_, s.Args[0], _ = strings.Cut(said, " ")
			}
			return s, nil
		}
		if len(fields) > 0 && strings.Fields(w.Words)[0] == fields[0] {
			near = append(near, w.Words)
		}
	}
	if near == nil {
		for _, w := range words {
			if w.Is == want {
				near = append(near, w.Words)
			}
		}
	}
	return s, fmt.Errorf("nothing that can be said here; allowed: %s", strings.Join(near, " · "))
}

// match compares pattern and said word by word; <x…> takes the rest.
func match(pattern, said []string) (args []string, ok bool) {
	for i, p := range pattern {
		switch {
		case i >= len(said):
			return nil, false
		case strings.HasSuffix(p, "…>"):
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
