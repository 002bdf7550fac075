package maps

import (
	"fmt"
	stdmaps "maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/config"
)

// faultLimit bounds what one broken file can say, listLimit and textLimit what one
// value can hold: each is copied for every point, or sent to every page.
const (
	faultLimit = 50
	listLimit  = pointLimit
	textLimit  = 1000 // bytes
)

// reader collects the faults of one file.
type reader struct {
	file   string
	faults config.Problems
}

func (r *reader) refuse(n *yaml.Node, path, read, allowed string) {
	if len(r.faults) < faultLimit {
		r.faults = append(r.faults, config.NewProblem(r.file, n.Line, n.Column, path, book.Words(read), book.Words(allowed)))
	}
}

func (known keys) sorted() []string { return slices.Sorted(stdmaps.Keys(known)) }

// fields walks a mapping. Every key must be known and stand once.
func (r *reader) fields(n *yaml.Node, path string, known keys) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, path, shown(n), "keys with values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		r.field(n.Content[i], n.Content[i+1], path, seen, known)
	}
	for _, name := range known.sorted() {
		if known[name].required && !seen[name] {
			r.refuse(n, join(path, name), "nothing", "a value")
		}
	}
}

func (r *reader) field(name, value *yaml.Node, path string, seen map[string]bool, known keys) {
	k, ok := known[name.Value]
	switch full := join(path, name.Value); {
	case !ok:
		r.refuse(name, full, "an unknown key", known.names())
	case seen[name.Value]:
		r.refuse(name, full, "the key a second time", "it once")
	case value.Kind == yaml.AliasNode:
		r.refuse(value, full, "an alias", "the value itself")
	default:
		k.read(r, value, full)
	}
	seen[name.Value] = true
}

// each walks a list that is not empty and has no more entries than most.
func (r *reader) each(n *yaml.Node, path string, most int, take func(n *yaml.Node, path string)) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.refuse(n, path, shown(n), "a list with entries")
		return
	}
	if len(n.Content) > most {
		r.refuse(n, path, fmt.Sprintf("%d entries", len(n.Content)), fmt.Sprintf("at most %d", most))
		return
	}
	for i, entry := range n.Content {
		take(entry, fmt.Sprintf("%s[%d]", path, i))
	}
}

// table walks a mapping from numbers that is not empty; take says whether the
// number is new.
func (r *reader) table(n *yaml.Node, path string, take func(raw int64, n *yaml.Node, path string) bool) {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.refuse(n, path, shown(n), "numbers with texts")
		return
	}
	if len(n.Content)/2 > listLimit {
		r.refuse(n, path, fmt.Sprintf("%d entries", len(n.Content)/2), fmt.Sprintf("at most %d", listLimit))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		raw := r.number(n.Content[i], path, math.MinInt32, math.MaxUint32)
		if !take(raw, n.Content[i+1], fmt.Sprintf("%s[%d]", path, raw)) {
			r.refuse(n.Content[i], path, fmt.Sprintf("%d a second time", raw), "each number once")
		}
	}
}

func (r *reader) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		r.refuse(n, path, shown(n), "a text")
		return ""
	}
	if len(n.Value) > textLimit || strings.ContainsFunc(n.Value, unicode.IsControl) {
		r.refuse(n, path, shown(n), fmt.Sprintf("a text of at most %d bytes without control characters", textLimit))
		return ""
	}
	return n.Value
}

func (r *reader) choice(n *yaml.Node, path string, allowed ...string) int {
	i := slices.Index(allowed, n.Value)
	if n.Kind != yaml.ScalarNode || i < 0 {
		r.refuse(n, path, shown(n), strings.Join(allowed, ", "))
		return 0
	}
	return i
}

// number reads a decimal number, or a hexadecimal one with 0x.
func (r *reader) number(n *yaml.Node, path string, low, high int64) int64 {
	i, err := strconv.ParseInt(n.Value, base(n.Value), 64)
	if n.Kind != yaml.ScalarNode || err != nil || i < low || i > high {
		r.refuse(n, path, shown(n), fmt.Sprintf("%d to %d", low, high))
		return low
	}
	return i
}

// base is 10 unless 0x stands before: a leading zero is no octal number here.
func base(s string) int {
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "-0x") {
		return 0
	}
	return 10
}

func (r *reader) real(n *yaml.Node, path string) float64 {
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		r.refuse(n, path, shown(n), "a number")
		return 0
	}
	return f
}

func (r *reader) duration(n *yaml.Node, path string, low, high time.Duration) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < low || d > high {
		r.refuse(n, path, shown(n), fmt.Sprintf("%v to %v", low, high))
		return low
	}
	return d
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// shown is what stands at n, short.
func shown(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Value == "":
		return "nothing"
	case len(n.Value) > 40:
		return strconv.Quote(n.Value[:40] + "…")
	}
	return strconv.Quote(n.Value)
}
