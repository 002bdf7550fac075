package main

import (
	"strings"
	"testing"
)

func TestDeedsAreFoundByTheirWords(t *testing.T) {
	var got []string
	note := func(args []string) error { got = args; return nil }
	table := deeds{
		{words: "press panic", do: note},
		{words: "mains on|off", do: note},
		{words: "slave <name> ok|silent|slow", do: note},
		{words: "sms from <number> <text…>", do: note},
	}
	for _, c := range []struct{ said, args string }{
		{"press panic", ""},
		{"mains off", "off"},
		{"slave ups1 silent", "ups1,silent"},
		{"sms from +8613800000001 1 确认 好", "+8613800000001,1 确认 好"},
	} {
		if err := table.do(c.said); err != nil {
			t.Error(err)
		}
		if a := strings.Join(got, ","); a != c.args {
			t.Errorf("%q gave the arguments %q, want %q", c.said, a, c.args)
		}
	}
	for _, bad := range []string{"", "press", "mains maybe", "slave ups1", "dance"} {
		if err := table.do(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
