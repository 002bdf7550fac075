package maps

import (
	"fmt"
	stdmaps "maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// faultLimit bounds what one broken file can say.
const faultLimit = 50

// keys says who reads which key of a mapping.
type keys map[string]func(n *yaml.Node, key string)

// reader collects the faults of one file.
type reader struct {
	file   string
	faults []error
}

func (r *reader) refuse(n *yaml.Node, key, read, allowed string) {
	if len(r.faults) < faultLimit {
		r.faults = append(r.faults, fmt.Errorf("%s:%d:%d: %s: read %s, allowed %s", r.file, max(1, n.Line), max(1, n.Column), key, read, allowed))
	}
}

// fields walks a mapping. Every key must be known and stand once.
func (r *reader) fields(n *yaml.Node, key string, required []string, known keys) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, key, shown(n), "keys with values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		r.field(n.Content[i], n.Content[i+1], key, seen, known)
	}
	for _, name := range required {
		if !seen[name] {
			r.refuse(n, join(key, name), "nothing", "a value")
		}
	}
}

func (r *reader) field(name, value *yaml.Node, key string, seen map[string]bool, known keys) {
	take, ok := known[name.Value]
	switch full := join(key, name.Value); {
	case !ok:
		r.refuse(name, full, "an unknown key", strings.Join(slices.Sorted(stdmaps.Keys(known)), ", "))
	case seen[name.Value]:
		r.refuse(name, full, "the key a second time", "it once")
	case value.Kind == yaml.AliasNode:
		r.refuse(value, full, "an alias", "the value itself")
	default:
		take(value, full)
	}
	seen[name.Value] = true
}

// each walks a list that is not empty.
func (r *reader) each(n *yaml.Node, key string, take func(n *yaml.Node, key string)) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.refuse(n, key, shown(n), "a list with entries")
		return
	}
	for i, item := range n.Content {
		take(item, fmt.Sprintf("%s[%d]", key, i))
	}
}

func (r *reader) text(n *yaml.Node, key string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		r.refuse(n, key, shown(n), "a text")
		return ""
	}
	return n.Value
}

// words reads a text in both languages; a person always sees it, so both are needed.
func (r *reader) words(n *yaml.Node, key string) (w point.Words) {
	r.fields(n, key, []string{"zh", "en"}, keys{
		"zh": func(n *yaml.Node, key string) { w.Zh = r.text(n, key) },
		"en": func(n *yaml.Node, key string) { w.En = r.text(n, key) },
	})
	return w
}

func (r *reader) choice(n *yaml.Node, key string, allowed ...string) int {
	i := slices.Index(allowed, n.Value)
	if n.Kind != yaml.ScalarNode || i < 0 {
		r.refuse(n, key, shown(n), strings.Join(allowed, ", "))
		return 0
	}
	return i
}

// number reads a decimal number, or a hexadecimal one with 0x.
func (r *reader) number(n *yaml.Node, key string, low, high int64) int64 {
	i, err := strconv.ParseInt(n.Value, base(n.Value), 64)
	if n.Kind != yaml.ScalarNode || err != nil || i < low || i > high {
		r.refuse(n, key, shown(n), fmt.Sprintf("%d to %d", low, high))
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

func (r *reader) real(n *yaml.Node, key string) float64 {
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		r.refuse(n, key, shown(n), "a number")
		return 0
	}
	return f
}

func (r *reader) truth(n *yaml.Node, key string) bool {
	return r.choice(n, key, "false", "true") == 1
}

func (r *reader) duration(n *yaml.Node, key string, low, high time.Duration) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < low || d > high {
		r.refuse(n, key, shown(n), fmt.Sprintf("%v to %v", low, high))
		return low
	}
	return d
}

// table reads a mapping from raw values.
func table[T any](r *reader, n *yaml.Node, key string, take func(n *yaml.Node, key string) T) map[int64]T {
	all := map[int64]T{}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.refuse(n, key, shown(n), "numbers with texts")
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		raw := r.number(n.Content[i], key, math.MinInt32, math.MaxUint32)
		if _, twice := all[raw]; twice {
			r.refuse(n.Content[i], key, fmt.Sprintf("%d a second time", raw), "each number once")
		}
		all[raw] = take(n.Content[i+1], fmt.Sprintf("%s[%d]", key, raw))
	}
	return all
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
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
