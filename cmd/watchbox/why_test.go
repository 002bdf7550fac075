package main

import (
	"strings"
	"testing"
)

func TestSinceIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]int{"": 30, "--since 30d": 30, "--since=7d": 7, "-since 2w": 14, "30": 30, "60d": 60} {
		if got, err := since(strings.Fields(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"--since", "--since 0d", "61", "a week", "--since -3d", "--until 3d"} {
		if got, err := since(strings.Fields(text)); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
