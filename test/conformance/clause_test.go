package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// TestClauses plays every clause. With WATCHBOX_TABLE set it prints the table of
// `make conformance`.
func TestClauses(t *testing.T) {
	files, err := filepath.Glob("clauses/*.clause")
	if err != nil || len(files) == 0 {
		t.Fatal("no clauses", err)
	}
	type row struct{ standard, number, title, verdict string }
	var rows []row
	for _, file := range files {
		c, err := parse(file)
		if err != nil {
			t.Error(err)
			continue
		}
		verdict := "pass"
		if c.excused != "" {
			verdict = "not applicable: " + c.excused
		} else if !t.Run(c.file, func(t *testing.T) {
			if err := c.play(); err != nil {
				t.Error(err)
			}
		}) {
			verdict = "FAIL"
		}
		if strings.HasPrefix(c.source, "secondary") {
			verdict += " (clause text not public)"
		}
		rows = append(rows, row{c.standard, c.number, c.title, verdict})
	}
	if os.Getenv("WATCHBOX_TABLE") == "" {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.standard+" "+a.number, b.standard+" "+b.number) })
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	passed, excused := 0, 0
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.standard, r.number, r.title, r.verdict)
		switch {
		case strings.HasPrefix(r.verdict, "pass"):
			passed++
		case strings.HasPrefix(r.verdict, "not"):
			excused++
		}
	}
	w.Flush()
	fmt.Printf("\n%d clauses: %d pass, %d not applicable, %d fail\n", len(rows), passed, excused, len(rows)-passed-excused)
}

// A clause that cannot fail proves nothing: a wrong expectation must be noticed.
func TestAWrongExpectationFails(t *testing.T) {
	for _, steps := range []string{"expect alarm zone/panic active", "set hall/panic on\nexpect siren quiet", "set loop/glass 2200\nrefused arm main", "expect record alarm.raised",
		"set hall/panic on\nexpect no alarm zone/panic", "set hall/panic on\nexpect record alarm.raised zone/panic times 2", "expect partition main armed", "expect lamp hall alarm red"} {
		c := &clause{file: "wrong", site: "room", points: sensors()}
		for i, line := range strings.Split(steps, "\n") {
			if err := c.take(i+1, line); err != nil {
				t.Fatal(err)
			}
		}
		if c.play() == nil {
			t.Errorf("%q passed", steps)
		}
	}
}
