package config

import (
	"fmt"
	"reflect"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/point"
)

// decoder fills Go values from YAML nodes and collects every problem.
type decoder struct {
	file     string
	problems []Problem
	places   map[string]place
	zone     *time.Location // of dates without one of their own
}

func (d *decoder) put(n *yaml.Node, path string, code Code, read, allowed point.Words) {
	d.problems = append(d.problems, problem(d.file, place{n.Line, n.Column}, path, code, read, allowed))
}

// forbidden looks through the whole tree, unknown keys too, for what a site
// file may not have: anchors, aliases, tags, and great depth.
func (d *decoder) forbidden(n *yaml.Node, path string, depth int) {
	switch {
	case depth > depthLimit:
		d.put(n, path, Invalid, say("a value nested deeper than that"), say("%s levels", depthLimit))
		return
	case n.Kind == yaml.AliasNode:
		d.put(n, path, Invalid, say("the alias *%s", quote(n.Value)), say("each value written out"))
		return
	case n.Anchor != "":
		d.put(n, path, Invalid, say("the anchor &%s", quote(n.Anchor)), say("no anchors"))
	case n.Style&yaml.TaggedStyle != 0:
		d.put(n, path, Invalid, say("the tag %s", quote(n.Tag)), say("no tags"))
	}
	for i, child := range n.Content {
		d.forbidden(child, childPath(n, path, i), depth+1)
	}
}

func childPath(n *yaml.Node, path string, i int) string {
	if n.Kind == yaml.MappingNode {
		return join(path, quote(n.Content[i-i%2].Value))
	}
	return fmt.Sprintf("%s[%d]", path, i)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// decode fills v from n. The tags of the field that v is are in r.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string, r rule) {
	if path != "" {
		d.places[path] = place{max(n.Line, 1), max(n.Column, 1)}
	}
	if n.Kind == yaml.AliasNode {
		return // refused already
	}
	if isScalarType(v.Type()) {
		d.scalar(n, v, path, r)
		return
	}
	empty := n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
	switch v.Kind() {
	case reflect.Pointer:
		if !empty {
			v.Set(reflect.New(v.Type().Elem()))
			d.decode(n, v.Elem(), path, r)
		}
	case reflect.Slice:
		d.list(n, v, path, r, empty)
	case reflect.Map:
		d.options(n, v, path, empty)
	case reflect.Struct:
		d.mapping(n, v, path)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, r rule, empty bool) {
	if empty {
		if r.required {
			d.put(n, path, Missing, say("nothing"), say("a list with at least one entry"))
		}
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.put(n, path, WrongType, shown(n), say("a list: each entry after a dash"))
		return
	}
	if r.required && len(n.Content) == 0 {
		d.put(n, path, Missing, say("an empty list"), say("a list with at least one entry"))
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, child := range n.Content {
		d.decode(child, v.Index(i), fmt.Sprintf("%s[%d]", path, i), r.ofEntry())
	}
}

// options fills a map of texts: the drivers' own keys.
func (d *decoder) options(n *yaml.Node, v reflect.Value, path string, empty bool) {
	if empty {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.put(n, path, WrongType, shown(n), say("a mapping of key: text"))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.key(key, path, seen) {
			continue
		}
		text := reflect.New(v.Type().Elem()).Elem()
		d.decode(value, text, join(path, key.Value), rule{})
		v.SetMapIndex(reflect.ValueOf(key.Value), text)
	}
}

// key checks one key of a mapping: a plain word that was not there before.
func (d *decoder) key(key *yaml.Node, path string, seen map[string]bool) bool {
	switch {
	case key.Kind != yaml.ScalarNode || key.Value == "" || len(key.Value) > 64:
		d.put(key, path, Invalid, say("as a key %s", shown(key)), say("a word of at most 64 letters"))
		return false
	case seen[key.Value]:
		d.put(key, join(path, key.Value), Duplicate, say("the key a second time"), say("each key once"))
		return false
	}
	seen[key.Value] = true
	return true
}

// mapping fills a struct: known keys, required keys, defaults.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.put(n, path, WrongType, shown(n), say("a mapping with the keys %s", joined(names(v.Type()))))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.key(key, path, seen) {
			continue
		}
		f, ok := fieldOf(v.Type(), key.Value)
		if !ok {
			d.put(key, join(path, quote(key.Value)), UnknownKey, say("an unknown key"), oneOf(key.Value, names(v.Type())))
			continue
		}
		d.decode(value, v.Field(f.index), join(path, key.Value), f.rule)
	}
	for _, f := range fields(v.Type()) {
		if !seen[f.name] {
			d.absent(n, v.Field(f.index), path, f)
		}
	}
}

// absent gives a key that was not written its default, or misses it.
func (d *decoder) absent(n *yaml.Node, v reflect.Value, path string, f field) {
	switch {
	case f.rule.required:
		allowed := say("the key %s", f.name)
		if f.rule.doc != "" {
			allowed = say("the key %s: %s", f.name, f.rule.doc)
		}
		d.put(n, join(path, f.name), Missing, say("nothing"), allowed)
	case f.rule.standard != "":
		d.scalar(&yaml.Node{Kind: yaml.ScalarNode, Value: f.rule.standard, Style: yaml.DoubleQuotedStyle, Line: n.Line, Column: n.Column}, v, join(path, f.name), f.rule)
	case v.Kind() == reflect.Struct && !isScalarType(v.Type()):
		for _, inner := range fields(v.Type()) {
			inner.rule.required = false
			d.absent(n, v.Field(inner.index), join(path, f.name), inner)
		}
	}
}

// shown is what stands in the file, in words.
func shown(n *yaml.Node) point.Words {
	switch n.Kind {
	case yaml.MappingNode:
		return say("a mapping")
	case yaml.SequenceNode:
		return say("a list")
	}
	return quoted(n.Value)
}
