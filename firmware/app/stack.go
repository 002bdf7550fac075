package app

import "time"

// stack is the order of death: the reverse of the order of life, under one deadline.
type stack struct {
	names []string
	calls []func()
	log   func(string, ...any)
}

// deathLimit bounds the whole shutdown.
const deathLimit = 10 * time.Second

func (s *stack) push(name string, f func()) {
	s.names, s.calls = append(s.names, name), append(s.calls, f)
}

func (s *stack) unwind() {
	deadline := time.After(deathLimit)
	for i := len(s.calls) - 1; i >= 0; i-- {
		done := make(chan struct{})
		go func() { defer close(done); s.calls[i]() }()
		select {
		case <-done:
		case <-deadline:
			s.log("stop: %s did not end within %v", s.names[i], deathLimit)
			return
		}
	}
}
