package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPersonIsToldWhatToDo(t *testing.T) {
	good, bad := filepath.Join("..", "..", "drivers", "maps", "xymd02.yaml"), filepath.Join(t.TempDir(), "bad.yaml")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(strings.Replace(string(text), "unit: °C", "unit: °F", 1), "baud: 9600", "baud: fast", 1)
	if err := os.WriteFile(bad, []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if lint([]string{good, bad, "nothing.yaml"}, &out) {
		t.Error("a broken map is clean")
	}
	for _, want := range []string{
		"xymd02.yaml: 2 points (2 vendor paper)",
		`bad.yaml:13:14: line.baud: read "fast", allowed 300 to 1000000`,
		`points[0].unit: read "°F", allowed none, °C, %`,
		"open nothing.yaml: no such file",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
