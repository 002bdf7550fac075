package config

import (
	"regexp"
	"strings"
	"testing"

	"watchbox/firmware/alarm"
	"watchbox/firmware/derive"
	"watchbox/firmware/live"
	"watchbox/firmware/point"
)

// english is a run of three words that no Chinese text has of its own.
var english = regexp.MustCompile(`[a-z]+ [a-z]+ [a-z]+`)

// TestWhatMakingASiteFindsIsToldInBothLanguagesAtItsPlace goes through the faults that
// no reading of the file can see, each made by its own package.
func TestWhatMakingASiteFindsIsToldInBothLanguagesAtItsPlace(t *testing.T) {
	above := 1.0
	contact := point.Point{Name: "ups/state", Kind: point.Bool}
	text := point.Point{Name: "ups/model", Kind: point.Text}
	for zh, c := range map[string]struct {
		rule   alarm.Rule
		points []point.Point
	}{
		"points 的 \"ac*/on\"，没有这样的点":    {alarm.Rule{Points: []string{"ac*/on"}, When: alarm.Condition{Is: "true"}}, nil},
		"above，要求数字，而 ups/model 是文字":    {alarm.Rule{Points: []string{"ups/model"}, When: alarm.Condition{Above: &above}}, []point.Point{text}},
		"\"broken\"，而 ups/state 没有这个状态": {alarm.Rule{Points: []string{"ups/state"}, When: alarm.Condition{Is: "broken"}}, []point.Point{contact}},
		"at-least 2，而只有 1 个点":           {alarm.Rule{Points: []string{"ups/state"}, When: alarm.Condition{Is: "true", AtLeast: 2}}, []point.Point{contact}},
		"expression 里的 ac1/on，没有这样的点":   {alarm.Rule{When: alarm.Condition{Expression: "{ac1/on}"}}, nil},
		"一个点也没有的 expression":            {alarm.Rule{When: alarm.Condition{Expression: "1 > 2"}}, nil},
	} {
		c.rule.ID, c.rule.Label = "r", point.Words{Zh: "甲", En: "A"}
		s := &Site{Alarms: []alarm.Rule{{ID: "other"}, c.rule}, places: places{file: "site.yaml", at: map[string]place{"alarms[1]": {9, 5}}}}
		_, errs := alarm.Compile(s.Alarms[1:], c.points, nil)
		if len(errs) != 1 {
			t.Errorf("%s: %v", zh, errs)
			continue
		}
		inChinese(t, s.Fault(errs[0]), "site.yaml 第 9 行第 5 列：alarms[1]：写的是 "+zh)
	}
	s := &Site{Derived: []Derived{{Point: "x/sum"}}, places: places{file: "site.yaml", at: map[string]place{"derived[0]": {3, 1}}}}
	for zh, from := range map[string][]point.Name{"x/sum，来源 x/gone 没有这样的点，或在它之后才计算": {"x/gone"}, "x/sum，rate 的 from 不能是 2 个点": {"ups/state", "ups/state"}} {
		_, errs := derive.New([]derive.Definition{{Point: "x/sum", Kind: "rate", From: from}}, []point.Point{contact})
		if len(errs) != 1 {
			t.Fatal(errs)
		}
		inChinese(t, s.Fault(errs[0]), "site.yaml 第 3 行第 1 列：derived[0]：写的是 "+zh)
	}
	_, err := live.New([]point.Point{contact, contact})
	inChinese(t, s.Fault(err), "site.yaml 第 1 行第 1 列：写的是 给出同一个点 ups/state 的两台设备")
	if s.Faults(nil) != nil || len(s.Faults([]error{err, err}).(Problems)) != 2 {
		t.Error("no fault is one, or two are not")
	}
}

func inChinese(t *testing.T, p Problem, want string) {
	t.Helper()
	if w := p.Words(); w.Zh != want || english.MatchString(w.Zh) || !strings.HasPrefix(w.En, "site.yaml:") {
		t.Errorf("%s\nwant %s\n%s", w.Zh, want, w.En)
	}
}
