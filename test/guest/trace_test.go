//go:build guest

package guest

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// trace is what the agent saw between observe and observed.
type trace struct {
	m     *machine
	looks int
	notes []note
}

// note is one new answer to one question, "value-do-0=1@1830": line and value
// are joined with '-', spaces too.
type note struct {
	what, answer string
	at           time.Duration // since observe
}

func (m *machine) observed() *trace {
	m.t.Helper()
	words := strings.Fields(m.order("observed"))
	seen := &trace{m: m}
	if len(words) == 0 {
		m.t.Fatal("nothing was observed")
	}
	var err error
	if seen.looks, err = strconv.Atoi(words[0]); err != nil || seen.looks < 20 {
		m.t.Fatalf("%q looks, %v; want many", words[0], err)
	}
	for _, w := range words[1:] {
		what, rest, _ := strings.Cut(w, "=")
		answer, at, _ := strings.Cut(rest, "@")
		after, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			m.t.Fatalf("observed %q: %v", w, err)
		}
		seen.notes = append(seen.notes, note{what, answer, time.Duration(after) * time.Microsecond})
	}
	return seen
}

func (s *trace) of(what string) (list []note) {
	what = strings.ReplaceAll(what, " ", "-")
	for _, n := range s.notes {
		if n.what == what {
			list = append(list, n)
		}
	}
	return list
}

// first is when the answer came, not before after; without it the test ends.
func (s *trace) first(what, answer string, after time.Duration) time.Duration {
	s.m.t.Helper()
	for _, n := range s.of(what) {
		if n.answer == answer && n.at >= after {
			return n.at
		}
	}
	s.m.t.Fatalf("%s was never %s from %v on: %v", what, answer, after, s.notes)
	return 0
}

var (
	armedLine = regexp.MustCompile(`armed: .*, (\S+) after the start`)
	codeLine  = regexp.MustCompile(`set-up code: (\S+) `)
)

// armed is how long each life of the daemon took from exec to armed, as it says
// on the console.
func (m *machine) armed() (list []time.Duration) {
	m.t.Helper()
	for _, found := range armedLine.FindAllStringSubmatch(m.says(), -1) {
		took, err := time.ParseDuration(found[1])
		if err != nil {
			m.t.Errorf("%s: %v", found[0], err)
		}
		list = append(list, took)
	}
	if len(list) != 2 {
		m.t.Errorf("the daemon said %d times that it is armed, want 2", len(list))
	}
	return list
}

// setupCode is the code of the first start, "" while nobody has told it.
func (m *machine) setupCode() string {
	found := codeLine.FindStringSubmatch(m.says())
	if found == nil {
		return ""
	}
	return found[1]
}
