package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/config/schematest"
)

var update = flag.Bool("update", false, "write testdata/site.schema.json anew")

// TestSchemaIsKept holds the published schema against the Go types.
func TestSchemaIsKept(t *testing.T) {
	const path = "testdata/site.schema.json"
	if *update {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(kept, Schema()) {
		t.Errorf("%s differs from the Go types (%v): run go test ./firmware/config -run Schema -update", path, err)
	}
}

// TestSchemaAcceptsWhatWeAccept checks the example against the schema by a
// reading of it that shares nothing with the decoder.
func TestSchemaAcceptsWhatWeAccept(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	var site any
	if err := yaml.Unmarshal(exampleSite(t), &site); err != nil {
		t.Fatal(err)
	}
	for _, fault := range schematest.Faults(s, site, "site") {
		t.Error(fault)
	}
	for path, bad := range map[string]any{"key": map[string]any{"version": 1, "id": "a", "board": "b", "x": 1},
		"missing": map[string]any{"version": 1}, "range": map[string]any{"version": 2, "id": "a", "board": "b"}} {
		if schematest.Faults(s, bad, path) == nil {
			t.Errorf("%s: the schema accepts it", path)
		}
	}
}

// TestTagsCanBeRead finds a min, max or default that does not fit its field.
func TestTagsCanBeRead(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if isScalarType(typ) || seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range fields(typ) {
			inner := typ.Field(f.index).Type
			v := reflect.New(inner).Elem()
			d := &decoder{zone: nil}
			if f.rule.standard != "" && !d.set(f.rule.standard, v) {
				t.Errorf("%s.%s: default %q", typ, f.name, f.rule.standard)
			}
			if isScalarType(inner) {
				if allowed, ok := f.rule.permits(v, f.rule.standard); !ok && f.rule.standard != "" {
					t.Errorf("%s.%s: default %q, allowed %s", typ, f.name, f.rule.standard, allowed)
				}
				for _, bound := range []string{f.rule.low, f.rule.high} {
					if bound != "" {
						f.rule.bound(bound, inner)
					}
				}
			}
			walk(inner)
		}
	}
	walk(reflect.TypeFor[Site]())
	for typ, keys := range needed {
		for _, key := range keys {
			if _, ok := fieldOf(typ, key); !ok {
				t.Errorf("%s has no key %s", typ, key)
			}
		}
	}
}
