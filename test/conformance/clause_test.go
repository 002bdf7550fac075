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
	var rows []row
	for _, file := range files {
		c, err := parse(file)
		if err != nil {
			t.Error(err)
			continue
		}
		r := row{clause: c, verdict: "pass"}
		if c.excused != "" {
			r.verdict = "n/a"
		} else if !t.Run(c.file, func(t *testing.T) {
			if err := c.play(); err != nil {
				t.Error(err)
			}
		}) {
			r.verdict = "FAIL"
		}
		rows = append(rows, r)
	}
	if os.Getenv("WATCHBOX_TABLE") != "" {
		table(rows)
	}
}

type row struct {
	*clause
	verdict string
}

// table prints what `make conformance` is asked for.
func table(rows []row) {
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.standard+" "+a.number, b.standard+" "+b.number) })
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	count := map[string]int{}
	for _, r := range rows {
		mark, why := "", ""
		if strings.HasPrefix(r.source, "secondary") {
			mark = "*"
		}
		if r.excused != "" {
			why = " — not applicable: " + r.excused
		}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s%s\n", r.verdict, mark, r.standard, r.number, r.title, why)
		count[r.verdict]++
	}
	w.Flush()
	fmt.Printf("\n%d clauses: %d pass, %d not applicable, %d fail\n", len(rows), count["pass"], count["n/a"], count["FAIL"])
	fmt.Println("* the text of the clause is not public; its file in test/conformance/clauses names the public source.")
	fmt.Println("The box behaves as these clauses ask, as far as software can. Nothing here is certified.")
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
