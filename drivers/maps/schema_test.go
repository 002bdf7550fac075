package maps

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	yaml "go.yaml.in/yaml/v3"

	"watchbox/firmware/config/schematest"
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
		for _, fault := range schematest.Faults(s, parsed(t, string(data)), name) {
			t.Error(fault)
		}
	}
	for _, bad := range []string{"version: 1", head + "points: []", head + "points: [{holding: 70000, item: a}]", head + "points: [{item: A}]",
		head + "color: red\npoints: [{holding: 1}]", head + "pause: soon\npoints: [{holding: 1}]", head + "points: [{states: {a: {zh: 甲, en: a}}}]"} {
		if schematest.Faults(s, parsed(t, bad), "map") == nil {
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
