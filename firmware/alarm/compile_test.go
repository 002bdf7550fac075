package alarm

import (
	"slices"
	"strings"
	"testing"

	"watchbox/firmware/point"
)

func TestPatterns(t *testing.T) {
	points := []point.Point{{Name: "ups1/input.voltage"}, {Name: "ups2/input.voltage"}, {Name: "ups2/input.voltage/l1"},
		{Name: "ups2/output.voltage"}, {Name: "meter/input.voltage"}}
	table := []struct{ pattern, want string }{
		{"ups*/input.voltage", "ups1/input.voltage ups2/input.voltage"},
		{"ups1/input.voltage", "ups1/input.voltage"},
		{"*/input.voltage", "ups1/input.voltage ups2/input.voltage meter/input.voltage"},
		{"ups2/*", "ups2/input.voltage ups2/output.voltage"},
		{"ups2/*/l1", "ups2/input.voltage/l1"},
		{"ups9*/x", "error"},
		{"ups[12]/input.voltage", "error"},
		{"nothing", "error"},
		{"", "error"},
	}
	for _, row := range table {
		found, err := indexPoints(points).match(row.pattern)
		var names []string
		for _, p := range found {
			names = append(names, string(p.Name))
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = "error"
			if !strings.Contains(err.Error(), row.pattern) {
				t.Errorf("%q: the error does not name it: %v", row.pattern, err)
			}
		}
		if got != row.want {
			t.Errorf("%q: got %q, want %q", row.pattern, got, row.want)
		}
	}
}

func TestCompileNamesEveryError(t *testing.T) {
	points := []point.Point{temperaturePoint(), {Name: "d/contact", Kind: point.Bool}, {Name: "d/card", Kind: point.Text}}
	one := func(p string) []string { return []string{p} }
	rules := []Rule{
		{ID: "good", Points: one("th1/temperature"), When: Condition{Above: real(1)}},
		{ID: "good", Points: one("th1/temperature"), When: Condition{Above: real(1)}},
		{ID: "absent", Points: one("ups*/x"), When: Condition{Above: real(1)}},
		{ID: "none", Points: one("th1/temperature")},
		{ID: "both", Points: one("th1/temperature"), When: Condition{Above: real(1), Is: "2"}},
		{ID: "text", Points: one("d/card"), When: Condition{Above: real(1)}},
		{ID: "state", Points: one("d/contact"), When: Condition{Is: "ajar"}},
		{ID: "band", Points: one("d/contact"), When: Condition{Is: "true", Deadband: 1}},
		{ID: "priority", Points: one("d/contact"), When: Condition{Is: "true"}, Priority: 5},
		{ID: "a/b", Points: one("d/contact"), When: Condition{Is: "true"}},
		{ID: "nowhere", When: Condition{Is: "true"}},
	}
	m, errs := New(rules, points, []Definition{{Key: "x", Class: "loud"}, {Key: "*"}})
	for _, id := range []string{"good", "absent", "none", "both", "text", "state", "band", "priority", "a/b", "nowhere", "x", "*"} {
		if !slices.ContainsFunc(errs, func(e error) bool { return strings.Contains(e.Error(), id) }) {
			t.Errorf("no error names %s", id)
		}
	}
	if len(errs) != 12 {
		t.Errorf("%d errors: %v", len(errs), errs)
	}
	if _, ok := m.Alarm("good/th1/temperature"); !ok {
		t.Error("the right rule is missing from the machine")
	}
}
