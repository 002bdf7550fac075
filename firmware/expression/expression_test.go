package expression

import (
	"errors"
	"strings"
	"testing"

	"watchbox/firmware/point"
)

var room = map[point.Name]point.Value{
	"ac1/running": point.OfBool(false), "th1/ambient.temperature": point.OfReal(29.5), "th2/ambient.temperature": point.OfReal(24),
	"ups1/output.source": point.OfInt(2), "ups1/model": point.OfText("UPS2000"),
}

func read(n point.Name) (point.Value, point.Words, bool) {
	v, ok := room[n]
	state := point.Words{}
	if n == "ups1/output.source" {
		state = point.Words{Zh: "电池", En: "battery"}
	}
	return v, state, ok
}

func TestWhatExpressionsMean(t *testing.T) {
	for source, want := range map[string]string{
		"{ac1/running} == false && {th1/ambient.temperature} > 28":     "true",
		"{th1/ambient.temperature} - {th2/ambient.temperature} > 5":    "true",
		"{th1/ambient.temperature} - {th2/ambient.temperature} >= 5.6": "false",
		"!{ac1/running}":                         "true",
		"1 + 2 * 3 == 7":                         "true",
		"(1 + 2) * 3 == 9":                       "true",
		"10 - 2 - 3 == 5":                        "true",
		"-2 < -1 || false":                       "true",
		"abs(-3) == max(2, min(3, 4))":           "true",
		"1 <= 1 && 1 >= 1 && !(1 < 1) && 1 != 2": "true",
		"{ups1/output.source} == 'battery'":      "true",
		"{ups1/output.source} == '电池'":           "true",
		"{ups1/output.source} == 2":              "true",
		"{ups1/model} != 'UPS5000'":              "true",
		"{gone/x} > 1":                           "unknown",
		"{gone/x} > 1 && false":                  "false",
		"{gone/x} > 1 || true":                   "true",
		"{gone/x} > 1 || false":                  "unknown",
		"!({gone/x} > 1)":                        "unknown",
		"1 / 0 > 5":                              "unknown",
		"'a' < 'b'":                              "unknown",
	} {
		p, err := Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		holds, ok := p.Eval(read)
		got := "unknown"
		if ok {
			got = map[bool]string{true: "true", false: "false"}[holds]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

func TestMistakesNameTheirColumn(t *testing.T) {
	for source, column := range map[string]int{
		"":                      1,
		"{ac1/running":          1,
		"1 +":                   4,
		"1 < 2 < 3":             7,
		"running == true":       1,
		"{Ac1/Running} == 1":    1,
		"1 && & 2":              6,
		"(1":                    3,
		"min(1)":                6,
		"'open":                 1,
		"1e999":                 1,
		"#":                     1,
		strings.Repeat("(", 40): 33,
	} {
		_, err := Compile(source)
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Column != column {
			t.Errorf("%q: %v, want column %d", source, err, column)
		}
	}
	if _, err := Compile(strings.Repeat("1+", 200) + "1"); err == nil {
		t.Error("400 steps were accepted")
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"{ac1/running} == false && {th1/ambient.temperature} > 28", "!(1<2)||abs(-3)==max(2,min(3,4))", "{a/b}-'x'", "((("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Compile(source)
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len(source)+1 {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		p.Eval(read)
		p.Eval(func(point.Name) (point.Value, point.Words, bool) { return point.Value{}, point.Words{}, false })
	})
}
