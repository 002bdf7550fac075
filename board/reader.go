package board

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"
)

// keys says who reads which key of a mapping.
type keys map[string]func(n *yaml.Node, key string)

// reader collects every fault of one file.
type reader struct {
	file      string
	terminals map[string]bool
	problems  []error
}

func (r *reader) refuse(n *yaml.Node, key, read, allowed string) {
	r.problems = append(r.problems, fmt.Errorf("%s:%d:%d: %s: read %s, allowed %s", r.file, n.Line, n.Column, key, read, allowed))
}

// fields walks a mapping; required keys must be there.
func (r *reader) fields(n *yaml.Node, key string, required []string, known keys) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, orWhole(key), "no mapping", "keys with values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		take, ok := known[name.Value]
		switch full := join(key, name.Value); {
		case !ok:
			r.refuse(name, full, "an unknown key", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case seen[name.Value]:
			r.refuse(name, full, "the key a second time", "it once")
		default:
			take(value, full)
		}
		seen[name.Value] = true
	}
	for _, name := range required {
		if !seen[name] {
			r.refuse(n, join(key, name), "nothing", "a value")
		}
	}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

func orWhole(key string) string {
	if key == "" {
		return "the file"
	}
	return key
}

// each walks a list.
func (r *reader) each(n *yaml.Node, key string, take func(n *yaml.Node, key string)) {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n, key, "no list", "a list")
		return
	}
	for i, item := range n.Content {
		take(item, fmt.Sprintf("%s[%d]", key, i))
	}
}

// text reads one plain value; not empty.
func (r *reader) text(n *yaml.Node, key string) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.Tag == "!!null" {
		r.refuse(n, key, "nothing or a list", "a text")
		return ""
	}
	return n.Value
}

func (r *reader) choice(n *yaml.Node, key string, allowed ...string) string {
	if n.Kind != yaml.ScalarNode || !slices.Contains(allowed, n.Value) {
		r.refuse(n, key, strconv.Quote(n.Value), strings.Join(allowed, ", "))
		return ""
	}
	return n.Value
}

func (r *reader) number(n *yaml.Node, key string, low, high int) int {
	i, err := strconv.Atoi(n.Value)
	if err != nil || i < low || i > high {
		r.refuse(n, key, strconv.Quote(n.Value), fmt.Sprintf("%d to %d", low, high))
		return low
	}
	return i
}

func (r *reader) real(n *yaml.Node, key string, low, high float64) float64 {
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(f >= low && f <= high) {
		r.refuse(n, key, strconv.Quote(n.Value), fmt.Sprintf("%v to %v", low, high))
		return low
	}
	return f
}

// path reads where something is on the box.
func (r *reader) path(n *yaml.Node, key string) string {
	path := r.text(n, key)
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "${") {
		r.refuse(n, key, path, "an absolute path, or one that begins with ${VARIABLE}")
	}
	return path
}

// usbInterface is how the kernel names one: bus, ports, configuration, number.
var usbInterface = regexp.MustCompile(`^[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3}){0,5}:[0-9]{1,3}\.[0-9]{1,3}$`)

// interfaceOf reads which USB socket of the board, and what of the plug in it.
func (r *reader) interfaceOf(n *yaml.Node, key string) string {
	name := r.text(n, key)
	if !usbInterface.MatchString(name) {
		r.refuse(n, key, strconv.Quote(name), "an interface as in /sys/bus/usb/devices: 1-1.2:1.0")
	}
	return name
}

func (r *reader) duration(n *yaml.Node, key string, low, high time.Duration) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if err != nil || d < low || d > high {
		r.refuse(n, key, strconv.Quote(n.Value), fmt.Sprintf("%v to %v", low, high))
		return low
	}
	return d
}

// terminal reads the name of a screw, which the board has once.
func (r *reader) terminal(n *yaml.Node, key string) string {
	plain := n.Kind == yaml.ScalarNode && n.Value != "" && len(n.Value) <= 32 && strings.Trim(n.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
	switch {
	case !plain:
		r.refuse(n, key, strconv.Quote(n.Value), "upper-case letters, digits and '-'")
	case r.terminals[n.Value]:
		r.refuse(n, key, n.Value+" a second time", "each terminal once")
	}
	r.terminals[n.Value] = true
	return n.Value
}
