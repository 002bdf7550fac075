package scenario

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var sampleWords = []*Word{
	{Words: "do <what…>", Is: action},
	{Words: "kill", Is: action},
	{Words: "output <name> on|off", Is: condition},
}

func TestAStoryIsRead(t *testing.T) {
	s, wrong := Parse("x.scenario", `title zh 夜里
title en At night
with mqtt
site wait: 3m => wait: 30s
# prose
do press panic
within 2s output siren on
for 500ms output siren off
now output siren on
kill
`, sampleWords)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if s.Zh != "夜里" || s.En != "At night" || len(s.Steps) != 5 || s.Changes[0] != [2]string{"wait: 3m", "wait: 30s"} {
		t.Fatalf("%+v", s)
	}
	if w := s.Steps[1]; w.When != "within" || w.Time != 2*time.Second || strings.Join(w.Args, ",") != "siren,on" || w.Line != 7 {
		t.Errorf("%+v", w)
	}
}

func TestEveryMistakeNamesItsLine(t *testing.T) {
	_, wrong := Parse("x.scenario", "title zh 夜里\nwith horses\nwithin soon output siren on\nwithin 2s kill\ndance\nfor 2s output siren maybe\nsite a\n", sampleWords)
	text := fmt.Sprint(wrong)
	for _, want := range []string{"x.scenario:2", "x.scenario:3", "x.scenario:4", "x.scenario:5", "x.scenario:6", "x.scenario:7", "title"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}
