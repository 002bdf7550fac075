package proof

import (
	"regexp"
	"strings"
)

// Mutation is one way to spoil a line of a site file; it answers with the lines
// that take its place, or nil when it does not apply.
type Mutation struct {
	Name  string
	Spoil func(line string) []string
}

var keyValue = regexp.MustCompile(`^(\s*(?:- )?)([a-z-]+): (.+)$`)

// value spoils "key: value".
func value(name string, f func(head, key, value string) string) Mutation {
	return Mutation{name, func(line string) []string {
		m := keyValue.FindStringSubmatch(line)
		if m == nil {
			return nil
		}
		return []string{f(m[1], m[2], m[3])}
	}}
}

// Mutations are what tired hands and bad transfers do to a file.
var Mutations = []Mutation{
	{"line lost", func(string) []string { return []string{} }},
	{"line doubled", func(line string) []string { return []string{line, line} }},
	value("key misspelt", func(h, k, v string) string { return h + k[:len(k)-1] + "z: " + v }),
	value("value lost", func(h, k, _ string) string { return h + k + ":" }),
	value("value of another kind", func(h, k, _ string) string { return h + k + ": [1, {a: b}]" }),
	value("negative", func(h, k, _ string) string { return h + k + ": -7" }),
	value("huge", func(h, k, _ string) string { return h + k + ": 1e309" }),
	value("name of nothing", func(h, k, v string) string { return h + k + ": no-such-thing" }),
	value("quote left open", func(h, k, v string) string { return h + k + `: "` + v }),
	value("full-width colon", func(h, k, v string) string { return h + k + "：" + v }),
	value("second document", func(h, k, v string) string { return h + k + ": " + v + "\n---" }),
	{"tab", func(line string) []string { return []string{"\t" + line} }},
	{"one blank too many", func(line string) []string { return []string{" " + line} }},
	{"garbage", func(string) []string { return []string{"\x01\xff} - @"} }},
	{"anchor", func(line string) []string { return []string{line, "  <<: *nothing"} }},
}

// Spoil gives the text with one line spoilt; ok is false where the mutation does
// not apply.
func Spoil(text string, line int, m Mutation) (spoilt string, ok bool) {
	lines := strings.Split(text, "\n")
	said := strings.TrimSpace(lines[line])
	if said == "" || said[0] == '#' {
		return "", false
	}
	instead := m.Spoil(lines[line])
	if instead == nil {
		return "", false
	}
	all := append(append(append([]string{}, lines[:line]...), instead...), lines[line+1:]...)
	return strings.Join(all, "\n"), true
}

// Entry is the range of lines (from 1) of the list entry, or of the top-level
// key, that line (from 0) is part of.
func Entry(text string, line int) (first, last int) {
	lines := strings.Split(text, "\n")
	depth := func(s string) int {
		if strings.TrimSpace(s) == "" {
			return 99
		}
		return len(s) - len(strings.TrimLeft(s, " "))
	}
	first = line
	for first > 0 && depth(lines[first]) > 2 {
		first--
	}
	last = line
	for last+1 < len(lines) && depth(lines[last+1]) > depth(lines[first]) {
		last++
	}
	if depth(lines[line]) == 0 {
		first = line
	}
	return first + 1, last + 1
}
