package maps_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchbox/drivers/maps"
	"watchbox/drivers/maps/mapstest"
)

// TestREADMETellsTheTruth holds the table of what is shipped against the maps.
func TestREADMETellsTheTruth(t *testing.T) {
	const path = "README.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), header)
	want := before + header + table(t)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("the table differs from the maps: run go test ./drivers/maps -update")
	}
}

const header = "| map | product | protocol | P | D | F | C | ? | recording |\n|---|---|---|--:|--:|--:|--:|--:|---|\n"

func table(t *testing.T) string {
	var b strings.Builder
	for _, name := range maps.Names() {
		m, err := maps.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| `%s` | %s<br>%s%s | %s |", name, m.Label.Zh, m.Label.En, template(m), protocol(m))
		trusted := map[maps.Confidence]int{}
		for _, p := range m.Points {
			trusted[p.Confidence]++
		}
		for _, c := range maps.Confidences {
			cell := ""
			if trusted[c] > 0 {
				cell = fmt.Sprint(trusted[c])
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		fmt.Fprintf(&b, " %s |\n", origin(t, name))
	}
	return b.String()
}

func template(m *maps.Map) string {
	if m.Template() {
		return "<br>**template**"
	}
	return ""
}

func protocol(m *maps.Map) string {
	if m.Protocol == maps.YDT1363 {
		return fmt.Sprintf("YD/T 1363, %02XH", m.Class)
	}
	return "Modbus"
}

func origin(t *testing.T, name string) string {
	data, err := os.ReadFile(filepath.Join("testdata", name+".rec"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := mapstest.Parse(data)
	if err != nil {
		t.Fatalf("%s.rec: %v", name, err)
	}
	return r.Origin
}
