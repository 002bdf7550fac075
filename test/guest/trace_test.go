//go:build guest

package guest

import (
	"strconv"
	"strings"
	"time"

	"watchbox/test/qemu"
)

// trace is what the agent saw between observe and observed.
type trace struct {
	m     *qemu.Machine
	looks int
	notes []note
}

// note is one new answer to one question, "value-do-0=1@1830": line and value
// are joined with '-', spaces too.
type note struct {
	what, answer string
	at           time.Duration // since observe
}

func observed(m *qemu.Machine) *trace {
	m.T.Helper()
	words := strings.Fields(m.Order("observed"))
	seen := &trace{m: m}
	if len(words) == 0 {
		m.T.Fatal("nothing was observed")
	}
	var err error
	if seen.looks, err = strconv.Atoi(words[0]); err != nil || seen.looks < 20 {
		m.T.Fatalf("%q looks, %v; want many", words[0], err)
	}
	for _, w := range words[1:] {
		what, rest, _ := strings.Cut(w, "=")
		answer, at, _ := strings.Cut(rest, "@")
		after, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			m.T.Fatalf("observed %q: %v", w, err)
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
	s.m.T.Helper()
	for _, n := range s.of(what) {
		if n.answer == answer && n.at >= after {
			return n.at
		}
	}
	s.m.T.Fatalf("%s was never %s from %v on: %v", what, answer, after, s.notes)
	return 0
}
