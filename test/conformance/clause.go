package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// clause is one file: what a standard asks, and the steps that show it.
type clause struct {
	file     string
	standard string // "GB 50394-2007"
	number   string
	title    string
	asks     string
	source   string
	excused  string // why it does not apply to a box of software
	site     string
	points   []point.Point
	steps    []step
}

type step struct {
	line  int
	words []string
}

func (s step) String() string { return strings.Join(s.words, " ") }

// parse reads a clause file. Errors name file and line.
func parse(file string) (*clause, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &clause{file: filepath.Base(file), site: "room", points: sensors()}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := c.take(i+1, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", c.file, i+1, err)
		}
	}
	return c, c.complete()
}

// sensors are the points of the site room that hang on no contact.
func sensors() []point.Point {
	return []point.Point{{Name: "loop/glass", Kind: point.Real, Unit: "Ω", Room: "hall", Urgent: true},
		{Name: "room/temperature", Kind: point.Real, Unit: "°C", Decimals: 1, Room: "hall"}}
}

func (c *clause) take(line int, text string) error {
	word, rest, _ := strings.Cut(text, " ")
	heads := map[string]*string{"standard": &c.standard, "clause": &c.number, "title": &c.title, "asks": &c.asks, "source": &c.source,
		"not-applicable": &c.excused, "site": &c.site}
	if head, is := heads[word]; is {
		if len(c.steps) > 0 {
			return fmt.Errorf("%q stands before the steps", word)
		}
		*head = strings.TrimSpace(*head + " " + rest)
		if word == "site" {
			*head = rest
		}
		return nil
	}
	if word == "point" {
		name, unit, _ := strings.Cut(rest, " ")
		c.points = append(c.points, point.Point{Name: point.Name(name), Kind: point.Real, Unit: point.Unit(unit), Decimals: 1, Room: "hall"})
		return point.Name(name).Check()
	}
	if word == "writable" {
		return c.writable(strings.Fields(rest))
	}
	if word == "points" {
		return c.bank(strings.Fields(rest))
	}
	words := strings.Fields(text)
	if _, _, err := find(words); err != nil {
		return err
	}
	c.steps = append(c.steps, step{line, words})
	return nil
}

// writable NAME UNIT LOW HIGH is a set-point that is read every two seconds.
func (c *clause) writable(a []string) error {
	if len(a) != 4 {
		return errWords
	}
	low, err := strconv.ParseFloat(a[2], 64)
	if err != nil {
		return err
	}
	high, err := strconv.ParseFloat(a[3], 64)
	c.points = append(c.points, point.Point{Name: point.Name(a[0]), Kind: point.Real, Unit: point.Unit(a[1]), Room: "hall", Write: true, Low: &low, High: &high, Period: 2000})
	return err
}

// bank adds many sensors at once: points NAME COUNT UNIT gives NAME0/value and so on.
func (c *clause) bank(words []string) error {
	if len(words) != 3 {
		return errWords
	}
	n, err := strconv.Atoi(words[1])
	if err != nil || n < 1 || n > 10_000 {
		return fmt.Errorf("%q: want 1 to 10000 points", words[1])
	}
	for i := range n {
		name := point.Name(fmt.Sprintf("%s%d/value", words[0], i))
		c.points = append(c.points, point.Point{Name: name, Kind: point.Real, Unit: point.Unit(words[2]), Decimals: 1, Room: "hall"})
	}
	return nil
}

// complete checks that a reader learns what he needs.
func (c *clause) complete() error {
	for name, text := range map[string]string{"standard": c.standard, "clause": c.number, "title": c.title, "asks": c.asks, "source": c.source} {
		if text == "" {
			return fmt.Errorf("%s: no %s", c.file, name)
		}
	}
	if !strings.HasPrefix(c.source, "public") && !strings.HasPrefix(c.source, "secondary") && !strings.HasPrefix(c.source, "ours") {
		return fmt.Errorf("%s: source: want public, secondary or ours, then where it is known from", c.file)
	}
	if (len(c.steps) == 0) != (c.excused != "") {
		return fmt.Errorf("%s: want either steps or not-applicable", c.file)
	}
	return nil
}

// play runs the steps on a fresh box.
func (c *clause) play() error {
	site, f, err := load(c.site, c.points)
	if err != nil {
		return fmt.Errorf("%s: site %s: %w", c.file, c.site, err)
	}
	r, err := newRig(site, f)
	if err != nil {
		return err
	}
	p := &player{rig: r, actor: "li"}
	for _, s := range c.steps {
		if err := p.do(s.words); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", c.file, s.line, s, err)
		}
	}
	return nil
}
