package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/alarm"
	"watchbox/firmware/point"
)

// The bounds of a site file.
const (
	sizeLimit  = 1 << 20 // bytes
	depthLimit = 16      // nested lists and mappings
)

// Load reads a site file and fills in its secrets. The site is nil when one of
// the problems is more than a warning: there is no half of a configuration.
// Blocks on the disk. A nil secrets knows none.
func Load(path string, secrets Secrets) (*Site, []Problem) {
	data, problems := ReadFile(path)
	if problems != nil {
		return nil, problems
	}
	return LoadText(filepath.Base(path), data, secrets)
}

// ReadFile reads a site file as it is, bounded. Blocks on the disk.
func ReadFile(path string) ([]byte, []Problem) {
	data, err := readBounded(path)
	if err != nil {
		return nil, []Problem{problem(filepath.Base(path), place{}, "", Invalid, asRead(err.Error()), say("a readable file"))}
	}
	return data, nil
}

// LoadText is Load of a site file that was read already; name is what problems call it.
func LoadText(name string, data []byte, secrets Secrets) (*Site, []Problem) {
	site, problems := Parse(name, data)
	if site == nil {
		return nil, problems
	}
	site, more := site.Resolve(secrets)
	return site, sorted(append(problems, more...))
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sizeLimit+1))
}

// Parse decodes a site file strictly and lists all problems of its form, in the
// order of the file. References (rooms, buses, points) are Validate's; secrets
// are left as references. name is what problems call the file. The site is nil
// when the file is refused. Pure.
func Parse(name string, data []byte) (site *Site, problems []Problem) {
	defer func() {
		// The YAML reader has panicked on hostile input before; the box must not.
		if r := recover(); r != nil {
			site, problems = nil, []Problem{unreadable(name, r)}
		}
	}()
	root, problem := Document(name, data)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	d := &decoder{file: name, places: map[string]place{}, zone: location(root)}
	d.forbidden(root, "", 0)
	site = &Site{}
	d.decode(root, reflect.ValueOf(site).Elem(), "", rule{})
	site.places = places{name, d.places}
	if problems = sorted(d.problems); Refused(problems) {
		return nil, problems
	}
	return site, problems
}

// unreadable: the YAML reader gave up on hostile input.
func unreadable(name string, why any) Problem {
	return problem(name, place{}, "", Invalid, say("text that is not YAML (%s)", quote(fmt.Sprint(why))), say("YAML"))
}

// ParseRules reads the alarm rules of a site file, or of a file that has nothing
// but `alarms:`; as strict as Parse. There are no rules when the file is refused.
//
// whole is true for a site file: its rules are all that there are. The rules of
// the other kind change some.
func ParseRules(name string, data []byte) (rules []alarm.Rule, whole bool, problems []Problem) {
	defer func() {
		if r := recover(); r != nil {
			rules, whole, problems = nil, false, []Problem{unreadable(name, r)}
		}
	}()
	root, problem := Document(name, data)
	if problem != nil {
		return nil, false, []Problem{*problem}
	}
	var file struct {
		Alarms []alarm.Rule `yaml:"alarms" required:"true"`
	}
	if len(root.Content) != 2 { // more than the one key: a whole site file
		site, problems := Parse(name, data)
		if site == nil {
			return nil, true, problems
		}
		return site.Alarms, true, problems
	}
	d := &decoder{file: name, places: map[string]place{}, zone: location(root)}
	d.forbidden(root, "", 0)
	d.decode(root, reflect.ValueOf(&file).Elem(), "", rule{})
	if problems = sorted(d.problems); Refused(problems) {
		return nil, false, problems
	}
	return file.Alarms, false, problems
}

// Document reads the one YAML document of a file, bounded: a site file, or a map.
func Document(name string, data []byte) (*yaml.Node, *Problem) {
	put := func(line, column int, read, allowed point.Words) (*yaml.Node, *Problem) {
		p := problem(name, place{line, column}, "", Invalid, read, allowed)
		return nil, &p
	}
	if len(data) > sizeLimit {
		return put(1, 1, say("more than %s bytes", sizeLimit), say("at most 1 MiB"))
	}
	var node, second yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(data))
	err := reader.Decode(&node)
	if errors.Is(err, io.EOF) {
		return put(1, 1, say("an empty file"), say("a mapping that begins with version: 1"))
	}
	if err == nil {
		err = reader.Decode(&second)
		if err == nil {
			return put(second.Line, max(second.Column, 1), say("a second document"), say("one document"))
		}
	}
	if !errors.Is(err, io.EOF) {
		line, column := faultLine(data, err)
		return put(line, column, syntaxText(err), say("YAML"))
	}
	if node.Kind != yaml.DocumentNode || len(node.Content) != 1 {
		return put(1, 1, say("no document"), say("one document"))
	}
	return node.Content[0], nil
}

// faultLine finds where the text stops being YAML. The reader names the start of
// what it was in, which may be hundreds of lines above; the longest beginning of
// the file that reads as a whole ends just before the fault.
func faultLine(data []byte, err error) (line, column int) {
	lines := strings.SplitAfter(string(data), "\n")
	if _, e := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); e != nil || line < 1 {
		line = 1
	}
	if len(data) <= 64<<10 {
		line = longestReadable(lines) + 1
	}
	line = min(line, len(lines))
	text := lines[line-1]
	return line, len(text) - len(strings.TrimLeft(text, " \t")) + 1
}

// longestReadable is the number of lines that still read as YAML. Most faults
// are within the part of one key of the file, which is quick to search.
func longestReadable(lines []string) int {
	for start, i := 0, 1; i <= len(lines); i++ {
		if i < len(lines) && strings.IndexAny(lines[i], " \t-#\n\r") == 0 {
			continue
		}
		if part := lines[start:i]; !reads(part) {
			return start + halve(part)
		}
		start = i
	}
	return halve(lines)
}

// halve searches for the fault by halving. A beginning that ends within a value
// of several lines does not read although it is right, so a few longer ones are
// tried before it counts as wrong.
func halve(lines []string) int {
	const within = 6
	good, bad := 0, len(lines)
	for bad-good > 1 {
		middle := (good + bad) / 2
		n := middle
		for n < min(middle+within, bad) && !reads(lines[:n]) {
			n++
		}
		if n < min(middle+within, bad) {
			good = n
		} else {
			bad = middle
		}
	}
	return good
}

// reads is true when the lines are YAML as they stand.
func reads(lines []string) bool {
	reader, err := yaml.NewDecoder(strings.NewReader(strings.Join(lines, ""))), error(nil)
	for err == nil {
		var ignored yaml.Node
		err = reader.Decode(&ignored)
	}
	return errors.Is(err, io.EOF)
}

// syntaxText is the reader's complaint without its own line number.
func syntaxText(err error) point.Words {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if _, e := fmt.Sscanf(text, "line %d:", &line); e == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	return say("text that is not YAML (%s)", quote(text))
}
