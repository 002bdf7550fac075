package maps

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	yaml "go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write testdata/map.schema.json and README.md anew")

// TestSchemaIsKept holds the published schema against the reader's own keys.
func TestSchemaIsKept(t *testing.T) {
	const path = "testdata/map.schema.json"
	if *update {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, Schema()) {
		t.Errorf("%s differs from the reader (%v): run go test ./drivers/maps -run Schema -update", path, err)
	}
}

// TestSchemaAcceptsWhatWeAccept holds every shipped map to the schema, by a reading of
// it that shares nothing with the reader; and some broken ones.
func TestSchemaAcceptsWhatWeAccept(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		data, err := files.ReadFile(name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range conforms(s, parsed(t, string(data)), name) {
			t.Error(fault)
		}
	}
	for _, bad := range []string{"version: 1", head + "points: []", head + "points: [{holding: 70000, item: a}]", head + "points: [{item: A}]",
		head + "color: red\npoints: [{holding: 1}]", head + "pause: soon\npoints: [{holding: 1}]", head + "points: [{states: {a: {zh: 甲, en: a}}}]"} {
		if conforms(s, parsed(t, bad), "map") == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
}

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// conforms reads the part of JSON Schema that ours uses.
func conforms(s map[string]any, v any, path string) (faults []string) {
	refuse := func(why string) { faults = append(faults, fmt.Sprintf("%s: %v: %s", path, v, why)) }
	if allowed, ok := s["enum"].([]any); ok && !slices.Contains(allowed, any(fmt.Sprint(v))) {
		refuse("not one of them")
	}
	if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(fmt.Sprint(v)) {
		refuse(p)
	}
	if i, ok := v.(int); ok {
		low, bounded := s["minimum"].(float64)
		if high, _ := s["maximum"].(float64); bounded && (float64(i) < low || float64(i) > high) {
			refuse("out of range")
		}
	}
	switch v := v.(type) {
	case []any:
		items, ok := s["items"].(map[string]any)
		if !ok || len(v) == 0 {
			refuse("a list")
		}
		for i, e := range v {
			faults = append(faults, conforms(items, e, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case map[string]any:
		faults = append(faults, object(s, v, path)...)
	case map[any]any:
		text := map[string]any{}
		for k, e := range v {
			text[fmt.Sprint(k)] = e
		}
		faults = append(faults, object(s, text, path)...)
	}
	return faults
}

func object(s, v map[string]any, path string) (faults []string) {
	properties, _ := s["properties"].(map[string]any)
	patterns, _ := s["patternProperties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, key := range required {
		if _, ok := v[key.(string)]; !ok {
			faults = append(faults, path+": lacks "+key.(string))
		}
	}
	for key, e := range v {
		inner, ok := properties[key].(map[string]any)
		for p, s := range patterns {
			if regexp.MustCompile(p).MatchString(key) {
				inner, ok = s.(map[string]any), true
			}
		}
		if !ok {
			faults = append(faults, path+": unknown "+key)
			continue
		}
		faults = append(faults, conforms(inner, e, path+"."+key)...)
	}
	return faults
}
