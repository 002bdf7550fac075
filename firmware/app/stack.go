package app

import "time"

// stack is the order of death: the reverse of the order of life, under one deadline.
type stack struct {
	names []string
	calls []func()
	log   func(string, ...any)
}

// deathLimit bounds the whole shutdown: once it is over, each that is left is told
// to stop and gets lastMoment for it. What hangs is left behind.
const (
	deathLimit = 10 * time.Second
	lastMoment = 100 * time.Millisecond
)

func (s *stack) push(name string, f func()) {
	s.names, s.calls = append(s.names, name), append(s.calls, f)
}

func (s *stack) unwind() {
	began := time.Now()
	for i := len(s.calls) - 1; i >= 0; i-- {
		done := make(chan struct{})
		go func() { defer close(done); s.calls[i]() }()
		select {
		case <-done:
		case <-time.After(max(deathLimit-time.Since(began), lastMoment)):
			s.log("stop: %s did not end within %v", s.names[i], time.Since(began).Round(time.Second))
		}
	}
}
