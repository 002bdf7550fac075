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

func TestConditions(t *testing.T) {
	enum := point.Point{Name: "u/state", Kind: point.Int, States: map[int64]point.Words{3: {Zh: "电池供电", En: "on battery"}}}
	contact := point.Point{Name: "d/c", Kind: point.Bool}
	card := point.Point{Name: "d/card", Kind: point.Text}
	table := []struct {
		name   string
		c      Condition
		p      point.Point
		v      point.Value
		active bool
		holds  bool
		ok     bool
	}{
		{"above", Condition{Above: real(30)}, point.Point{}, point.OfReal(30.1), false, true, true},
		{"at the limit", Condition{Above: real(30)}, point.Point{}, point.OfReal(30), false, false, true},
		{"at the limit, active", Condition{Above: real(30), Deadband: 1}, point.Point{}, point.OfReal(30), true, true, true},
		{"below", Condition{Below: real(-5)}, point.Point{}, point.OfInt(-6), false, true, true},
		{"below, active, inside the band", Condition{Below: real(10), Deadband: 2}, point.Point{}, point.OfInt(11), true, true, true},
		{"below, active, past the band", Condition{Below: real(10), Deadband: 2}, point.Point{}, point.OfInt(12), true, false, true},
		{"nothing was read", Condition{Above: real(30)}, point.Point{}, point.Value{}, false, false, false},
		{"state by number", Condition{Is: "3"}, enum, point.OfInt(3), false, true, true},
		{"state by Chinese name", Condition{Is: "电池供电"}, enum, point.OfInt(3), false, true, true},
		{"state by English name", Condition{IsNot: "on battery"}, enum, point.OfInt(3), false, false, true},
		{"contact", Condition{Is: "true"}, contact, point.OfBool(true), false, true, true},
		{"contact is not false", Condition{IsNot: "false"}, contact, point.OfBool(true), false, true, true},
		{"contact as number", Condition{Is: "true"}, contact, point.OfInt(1), false, true, true},
		{"card", Condition{Is: "4711"}, card, point.OfText("4711"), false, true, true},
		{"another card", Condition{Is: "4711"}, card, point.OfText("4712"), false, false, true},
		{"a text that looks like a number", Condition{Is: "1"}, point.Point{}, point.OfText("1"), false, true, true},
	}
	for _, row := range table {
		test, err := row.c.compile(&row.p)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if holds, ok := test(row.v, row.active); holds != row.holds || ok != row.ok {
			t.Errorf("%s: got %v, %v; want %v, %v", row.name, holds, ok, row.holds, row.ok)
		}
	}
}

func TestShownValue(t *testing.T) {
	leak := point.Point{Kind: point.Bool, States: map[int64]point.Words{1: {Zh: "漏水", En: "leak"}}}
	table := []struct {
		v     point.Value
		p     point.Point
		value string
		en    string
	}{
		{point.OfReal(31.25), temperaturePoint(), "31.2 °C", ""},
		{point.OfInt(230), point.Point{Unit: "V"}, "230 V", ""},
		{point.OfBool(true), leak, "漏水", "leak"},
		{point.OfBool(true), point.Point{}, "", ""},
		{point.OfText("4711"), point.Point{}, "4711", ""},
	}
	for _, row := range table {
		if value, words := shown(row.v, &row.p); value != row.value || words.En != row.en {
			t.Errorf("%v: got %q %+v", row.v, value, words)
		}
	}
}
