package config

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"watchbox/firmware/point"
)

// Code is the kind of a problem, for programs. It never changes.
type Code string

// The kinds that happen most; everything else is Invalid.
const (
	UnknownKey       Code = "unknown-key"
	WrongType        Code = "wrong-type"
	OutOfRange       Code = "out-of-range"
	Missing          Code = "missing"
	Duplicate        Code = "duplicate"
	UnknownReference Code = "unknown-reference"
	LostMap          Code = "lost-map" // an own map that is missing or damaged: the box starts all the same
	Invalid          Code = "invalid"
)

// Problem is one thing that is wrong with a site file, and where. Read and Allowed
// are English; Words has both languages.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1
	Key     string `json:"key"`    // devices[3].unit; empty when it is about the file as a whole
	Read    string `json:"read"`
	Allowed string `json:"allowed"`
	Code    Code   `json:"code,omitempty"`
	Warning bool   `json:"warning,omitempty"` // the file is accepted all the same
	zh      struct{ read, allowed string }
}

func problem(file string, at place, key string, code Code, read, allowed point.Words) Problem {
	p := Problem{File: file, Line: max(at.line, 1), Column: max(at.column, 1), Key: key, Read: read.En, Allowed: allowed.En, Code: code}
	p.zh.read, p.zh.allowed = read.Zh, allowed.Zh
	return p
}

// NewProblem is one of a file that another package reads. line and column count from 1.
func NewProblem(file string, line, column int, key string, read, allowed point.Words) Problem {
	return problem(file, place{line, column}, key, Invalid, read, allowed)
}

// Words is the problem as a person reads it: where, what stands there, and what
// may stand there.
func (p Problem) Words() point.Words {
	var b strings.Builder
	fmt.Fprintf(&b, "%s 第 %d 行第 %d 列：", p.File, p.Line, p.Column)
	if p.Warning {
		b.WriteString("提醒：")
	}
	if p.Key != "" {
		b.WriteString(p.Key + "：")
	}
	b.WriteString("写的是 " + cmp.Or(p.zh.read, p.Read))
	if allowed := cmp.Or(p.zh.allowed, p.Allowed); allowed != "" {
		b.WriteString("；应为 " + allowed)
	}
	return point.Words{Zh: b.String(), En: p.String()}
}

// Problems are all that is wrong with a file, as one error.
type Problems []Problem

// Error has a line for each.
func (list Problems) Error() string {
	var lines []string
	for _, p := range list {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// First is the first that refuses the file, and how many more do.
func (list Problems) First() (w point.Words) {
	bad := slices.DeleteFunc(slices.Clone(list), func(p Problem) bool { return p.Warning })
	if len(bad) == 0 {
		return w
	}
	if w = bad[0].Words(); len(bad) > 1 {
		w.Zh += fmt.Sprintf("；另有 %d 处", len(bad)-1)
		w.En += fmt.Sprintf("; and %d more", len(bad)-1)
	}
	return w
}

// String is "site.yaml:12:9: devices[3].unit: read 300, allowed 0 to 255".
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString("read " + p.Read)
	if p.Allowed != "" {
		b.WriteString(", allowed " + p.Allowed)
	}
	return b.String()
}

// Error makes a Problem an error.
func (p Problem) Error() string { return p.String() }

// Refused is true when one of the problems is more than a warning: the file
// must not be applied.
func Refused(problems []Problem) bool {
	for _, p := range problems {
		if !p.Warning {
			return true
		}
	}
	return false
}

// problemLimit bounds what one file can make us say.
const problemLimit = 500

// sorted puts problems in the order of the file and bounds their number.
func sorted(problems []Problem) []Problem {
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	if len(problems) <= problemLimit {
		return problems
	}
	at := problems[problemLimit-1]
	last := problem(at.File, place{at.Line, at.Column}, "", Invalid, say("%s further problems", len(problems)-problemLimit+1), say("none"))
	last.Warning = !Refused(problems[problemLimit-1:])
	return append(problems[:problemLimit-1:problemLimit-1], last)
}

// place is where something stands in the file.
type place struct{ line, column int }

// places knows where every value of a site stands, by its key path.
type places struct {
	file string
	at   map[string]place
}

// find returns the place of the path, or of the nearest thing around it.
func (p places) find(path string) place {
	for {
		if at, ok := p.at[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut <= 0 {
			return place{1, 1}
		}
		path = path[:cut]
	}
}

// Problem makes a problem that names the place of the key path in the file: for
// checks that only the wiring can make, such as a driver's own options.
func (s *Site) Problem(path string, read, allowed point.Words) Problem {
	return s.problem(path, Invalid, read, allowed)
}

func (s *Site) problem(path string, code Code, read, allowed point.Words) Problem {
	return problem(s.places.file, s.places.find(path), path, code, read, allowed)
}

// quote shows what was read, short enough for one line.
func quote(s string) string {
	const limit = 60
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return fmt.Sprintf("%q", s)
		}
	}
	return s
}
