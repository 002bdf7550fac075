package qemu

import (
	"fmt"
	"strings"
	"time"
)

// Order gives the agent's answer; an error ends the test.
func (m *Machine) Order(words ...string) string {
	m.T.Helper()
	line := m.Send(strings.Join(words, " "))
	if strings.HasPrefix(line, "error ") {
		m.T.Fatalf("order %q: %s", words, line)
	}
	return line
}

// Try is Order for what may not be there: "" in place of an error.
func (m *Machine) Try(order string) string {
	m.T.Helper()
	if line := m.Send(order); !strings.HasPrefix(line, "error ") {
		return line
	}
	return ""
}

// Send gives the answer, an error too: "error …".
func (m *Machine) Send(order string) string {
	m.T.Helper()
	m.conn.SetWriteDeadline(time.Now().Add(OrderLimit))
	if _, err := fmt.Fprintln(m.conn, order); err != nil {
		m.T.Fatalf("order %q: %v", order, err)
	}
	select {
	case line, open := <-m.answers:
		if open {
			return line
		}
		m.T.Fatalf("order %q: the machine ended", order)
	case <-time.After(OrderLimit):
		m.T.Fatalf("order %q: no answer in %v", order, OrderLimit)
	}
	return ""
}

// Await repeats an order until its answer pleases.
func (m *Machine) Await(what string, enough func(answer string) bool, words ...string) {
	m.T.Helper()
	m.AwaitText(what, enough, func() string { return m.Order(words...) })
}

// AwaitText repeats a question until its answer pleases.
func (m *Machine) AwaitText(what string, enough func(answer string) bool, ask func() string) {
	m.T.Helper()
	m.AwaitIn(OrderLimit, what, enough, ask)
}

// AwaitIn is AwaitText with a limit of its own.
func (m *Machine) AwaitIn(limit time.Duration, what string, enough func(answer string) bool, ask func() string) {
	m.T.Helper()
	end := time.Now().Add(limit)
	for {
		answer := ask()
		if enough(answer) {
			return
		}
		if time.Now().After(end) {
			m.T.Fatalf("%s: last answer %q", what, answer)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Is pleases when the answer is this.
func Is(wanted string) func(string) bool {
	return func(answer string) bool { return answer == wanted }
}
