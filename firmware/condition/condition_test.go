package condition

import (
	"testing"
	"time"

	"watchbox/firmware/point"
)

func real(f float64) *float64 { return &f }

func at(d time.Duration) point.Instant {
	return point.Instant{Boot: "b", Mono: time.Hour + d, Wall: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC).Add(d)}
}

func temperature() point.Point {
	return point.Point{Name: "th1/t", Kind: point.Real, Unit: "°C", Decimals: 1}
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
		{"above, clears lower", Condition{Above: real(30), ClearBelow: real(25)}, point.Point{}, point.OfReal(25.1), true, true, true},
		{"above, cleared", Condition{Above: real(30), ClearBelow: real(25)}, point.Point{}, point.OfReal(25), true, false, true},
		{"above, clears lower, but is not active", Condition{Above: real(30), ClearBelow: real(25)}, point.Point{}, point.OfReal(27), false, false, true},
		{"below, clears higher", Condition{Below: real(5), ClearAbove: real(8)}, point.Point{}, point.OfReal(7.9), true, true, true},
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
		test, err := Compile(row.c, &row.p)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		want := verdict(row.holds)
		if !row.ok {
			want = Unsure
		}
		if got := test.Sample(at(0), point.Sample{Value: row.v}, row.active); got != want {
			t.Errorf("%s: got %v; want %v", row.name, got, want)
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
		{point.OfReal(31.25), temperature(), "31.2 °C", ""},
		{point.OfInt(230), point.Point{Unit: "V"}, "230 V", ""},
		{point.OfBool(true), leak, "漏水", "leak"},
		{point.OfBool(true), point.Point{}, "", ""},
		{point.OfText("4711"), point.Point{}, "4711", ""},
	}
	for _, row := range table {
		if value, words := Shown(row.v, &row.p); value != row.value || words.En != row.en {
			t.Errorf("%v: got %q %+v", row.v, value, words)
		}
	}
}

// step is one reading, or only the passing of time, and what the test says then.
type step struct {
	at   time.Duration
	v    point.Value // none: only time passes
	bad  bool
	want Verdict
}

func run(t *testing.T, c Condition, steps []step) {
	t.Helper()
	p := temperature()
	test, err := Compile(c, &p)
	if err != nil {
		t.Fatal(err)
	}
	test.Tick(at(0), false)
	for i, s := range steps {
		var got Verdict
		switch {
		case s.bad:
			got = test.Sample(at(s.at), point.Sample{Point: p.Name, Quality: point.BadBecause(point.Timeout)}, false)
		case s.v.IsNone():
			got = test.Tick(at(s.at), false)
		default:
			got = test.Sample(at(s.at), point.Sample{Point: p.Name, Value: s.v}, false)
		}
		if got != s.want {
			t.Errorf("step %d at %v: %v, want %v", i+1, s.at, got, s.want)
		}
	}
}

func TestConditionsOverTime(t *testing.T) {
	r := point.OfReal
	for name, c := range map[string]struct {
		c     Condition
		steps []step
	}{
		"rises": {Condition{Rises: &Change{By: 5, Within: 10 * time.Minute}}, []step{
			{0, r(20), false, Clear}, {5 * time.Minute, r(24), false, Clear}, {9 * time.Minute, r(25), false, Holds},
			{15 * time.Minute, r(26), false, Clear}, {16 * time.Minute, r(0), true, Unsure}, {17 * time.Minute, r(31), false, Holds},
			{28 * time.Minute, point.Value{}, false, Clear}}},
		"a slow rise": {Condition{Rises: &Change{By: 5, Within: 10 * time.Minute}}, []step{
			{0, r(20), false, Clear}, {8 * time.Minute, r(23), false, Clear}, {16 * time.Minute, r(26), false, Clear}, {24 * time.Minute, r(29), false, Clear}}},
		"falls": {Condition{Falls: &Change{By: 10, Within: time.Minute}}, []step{
			{0, r(50), false, Clear}, {30 * time.Second, r(45), false, Clear}, {40 * time.Second, r(40), false, Holds}}},
		"stuck": {Condition{Stuck: time.Hour}, []step{
			{0, r(20), false, Clear}, {30 * time.Minute, r(20), false, Clear}, {time.Hour, point.Value{}, false, Holds},
			{61 * time.Minute, r(20), false, Holds}, {62 * time.Minute, r(20.1), false, Clear}}},
		"noise is no change": {Condition{Stuck: time.Hour, StuckBand: 0.5}, []step{
			{0, r(20), false, Clear}, {30 * time.Minute, r(20.3), false, Clear}, {time.Hour, r(19.8), false, Holds}, {61 * time.Minute, r(21), false, Clear}}},
		"silence is not sameness": {Condition{Stuck: time.Hour}, []step{
			{0, r(20), false, Clear}, {30 * time.Minute, r(0), true, Unsure}, {70 * time.Minute, point.Value{}, false, Unsure}, {71 * time.Minute, r(20), false, Clear}}},
		"stale": {Condition{Stale: 5 * time.Minute}, []step{
			{0, r(20), false, Clear}, {4 * time.Minute, r(0), true, Clear}, {5 * time.Minute, point.Value{}, false, Holds}, {6 * time.Minute, r(0), true, Holds},
			{7 * time.Minute, r(20), false, Clear}}},
		"stale from the start": {Condition{Stale: 5 * time.Minute}, []step{{4 * time.Minute, point.Value{}, false, Clear}, {5 * time.Minute, point.Value{}, false, Holds}}},
	} {
		t.Run(name, func(t *testing.T) { run(t, c.c, c.steps) })
	}
}

func TestGroups(t *testing.T) {
	points := map[point.Name]*point.Point{}
	var list []*point.Point
	for _, n := range []point.Name{"a/t", "b/t", "c/t"} {
		points[n] = &point.Point{Name: n, Kind: point.Real}
		list = append(list, points[n])
	}
	find := func(n point.Name) *point.Point { return points[n] }
	two, watched, err := CompileGroup(Condition{Above: real(30), Deadband: 2, AtLeast: 2}, list, find)
	if err != nil || len(watched) != 3 {
		t.Fatal(watched, err)
	}
	sum, watched, err := CompileGroup(Condition{Expression: "{a/t} + {b/t} > 60 || {c/t} > 90"}, nil, find)
	if err != nil || len(watched) != 3 {
		t.Fatal(watched, err)
	}
	for i, s := range []struct {
		point      point.Name
		v          float64
		bad        bool
		tally, sum Verdict
	}{
		{"a/t", 31, false, Unsure, Unsure}, {"b/t", 20, false, Unsure, Unsure}, {"c/t", 20, false, Clear, Clear},
		{"b/t", 31, false, Holds, Holds}, {"b/t", 29, false, Holds, Clear}, {"b/t", 0, true, Unsure, Unsure},
		{"c/t", 91, false, Holds, Holds}, {"b/t", 28, false, Holds, Holds}, {"c/t", 27, false, Clear, Clear},
	} {
		x := point.Sample{Point: s.point, Value: point.OfReal(s.v)}
		if s.bad {
			x = point.Sample{Point: s.point, Quality: point.BadBecause(point.Timeout)}
		}
		if a, b := two.Sample(at(0), x, false), sum.Sample(at(0), x, false); a != s.tally || b != s.sum {
			t.Errorf("step %d: tally %v, want %v; sum %v, want %v", i+1, a, s.tally, b, s.sum)
		}
	}
	if in := two.Inputs(); len(in) != 3 || in[0].Point != "a/t" {
		t.Errorf("inputs %+v", in)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	change := &Change{By: 1, Within: time.Minute}
	for name, c := range map[string]Condition{
		"none": {}, "two": {Above: real(1), Is: "1"}, "band without limit": {Is: "1", Deadband: 1}, "two rates": {Rises: change, Falls: change},
		"clear-below above": {Above: real(1), ClearBelow: real(2)}, "clear-above below": {Below: real(1), ClearAbove: real(0)},
		"clear and band": {Above: real(1), ClearBelow: real(0), Deadband: 1}, "rate of nothing": {Rises: &Change{Within: time.Minute}},
		"rate of a day and more": {Rises: &Change{By: 1, Within: 25 * time.Hour}}, "k of stale": {Stale: time.Minute, AtLeast: 2}, "band without stuck": {Is: "1", StuckBand: 1},
	} {
		if c.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
