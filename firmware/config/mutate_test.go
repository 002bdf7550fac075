package config

import (
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var every = flag.Int("every", 47, "try one of so many mutations of the example site; 1 tries all")

// mutation is one way to spoil a line; it answers with the lines that take its
// place, or nil when it does not apply.
type mutation struct {
	name  string
	spoil func(line string) []string
}

var keyValue = regexp.MustCompile(`^(\s*(?:- )?)([a-z-]+): (.+)$`)

func value(name string, f func(head, key, value string) string) mutation {
	return mutation{name, func(line string) []string {
		m := keyValue.FindStringSubmatch(line)
		if m == nil {
			return nil
		}
		return []string{f(m[1], m[2], m[3])}
	}}
}

var mutations = []mutation{
	{"drop", func(string) []string { return []string{} }},
	{"double", func(line string) []string { return []string{line, line} }},
	value("list", func(h, k, _ string) string { return h + k + ": [[1]]" }),
	value("mapping", func(h, k, _ string) string { return h + k + ": {colour: red}" }),
	value("misspelt key", func(h, k, v string) string { return h + k + "x: " + v }),
	value("empty", func(h, k, _ string) string { return h + k + ":" }),
	value("nonsense", func(h, k, _ string) string { return h + k + ": \"?? \"" }),
	value("open quote", func(h, k, v string) string { return h + k + ": \"" + v }),
	value("number", func(h, k, _ string) string { return h + k + ": -99999999999999999999" }),
	value("other word", func(h, k, v string) string { return h + k + ": x" + v }),
	{"tab", func(line string) []string { return []string{"\t" + line} }},
	{"indent", func(line string) []string { return []string{" " + line} }},
	{"garbage", func(string) []string { return []string{"  }{ : - @"} }},
}

// TestMutatedSitesNameTheLine spoils the lines of the example, each in another
// way. A
// refusal must lead the reader to the place: a problem on the line, on the
// entry that the line is part of, or one that names what the line had said.
func TestMutatedSitesNameTheLine(t *testing.T) {
	lines := strings.Split(strings.TrimRight(string(exampleSite(t)), "\n"), "\n")
	tried, refused, lost := 0, 0, 0
	for i, line := range lines {
		if text := strings.TrimSpace(line); text == "" || text[0] == '#' {
			continue
		}
		for k, m := range mutations {
			if (i+k)%*every != 0 {
				continue
			}
			replaced := m.spoil(line)
			if replaced == nil {
				continue
			}
			tried++
			text := strings.Join(append(append(append([]string{}, lines[:i]...), replaced...), lines[i+1:]...), "\n")
			problems := check(text)
			if !Refused(problems) {
				continue
			}
			refused++
			if !leadsTo(problems, lines, i) {
				if lost++; lost <= 20 {
					t.Errorf("%s of line %d %q:\n  %v", m.name, i+1, line, problems)
				}
			}
		}
	}
	t.Logf("%d mutations, %d refused, %d of these do not lead to the line", tried, refused, lost)
	if tried < 100 || refused < 80 {
		t.Errorf("%d mutations and %d refusals are too few to prove anything", tried, refused)
	}
}

func leadsTo(problems []Problem, lines []string, i int) bool {
	first, last := entry(lines, i)
	said, key := "", strings.Trim(lines[i], " -:")
	if m := keyValue.FindStringSubmatch(lines[i]); m != nil {
		key = m[2]
		said = strings.Trim(m[3], `"'[]`)
	}
	for _, p := range problems {
		switch {
		case p.Warning:
		case p.Line >= first-1 && p.Line <= last+2: // a doubled line moves the rest; what is missing shows beside it
			return true
		case p.Key == key && !strings.HasPrefix(lines[i], " "): // a key of the file itself that is missing now
			return true
		case said != "" && strings.Contains(p.Read+p.Allowed, said):
			return true
		}
	}
	return false
}

// entry is the range of lines (from 1) of the list entry, or of the top-level
// key, that line i is part of.
func entry(lines []string, i int) (first, last int) {
	depth := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	first = i
	for first > 0 && depth(lines[first]) > 2 {
		first--
	}
	last = i
	for last+1 < len(lines) && depth(lines[last+1]) > depth(lines[first]) {
		last++
	}
	if depth(lines[i]) == 0 {
		return i + 1, last + 1
	}
	return first + 1, last + 1
}

func TestAMutationLeavesNothingHalfApplied(t *testing.T) {
	before := string(exampleSite(t))
	kept, _ := Parse("site.yaml", []byte(before))
	picture := fmt.Sprintf("%+v", *kept)
	for _, bad := range []string{strings.Replace(before, "unit: 4", "unit: 999", 1), before + "\ncolour: red\n"} {
		if site, problems := Parse("site.yaml", []byte(bad)); site != nil || !Refused(problems) {
			t.Errorf("half a site: %v", problems)
		}
	}
	if fmt.Sprintf("%+v", *kept) != picture {
		t.Error("a refused file changed the accepted one")
	}
}
