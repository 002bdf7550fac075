package forward

import "time"

// State is how a path does.
type State struct {
	Name        string    `json:"name"`
	OK          bool      `json:"ok"` // the last attempt succeeded
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	Error       string    `json:"error,omitempty"`
	Since       time.Time `json:"since,omitzero"` // of the first failure in a row
	Failures    int       `json:"failures,omitempty"`
	Sent        uint64    `json:"sent"`        // records since start
	Backlog     bool      `json:"backlog"`     // more is waiting than the last look could take
	Unjournaled int       `json:"unjournaled"` // waiting in memory
	Lost        uint64    `json:"lost"`        // unjournaled records that found the memory full
}

// State tells how the path does. Never blocks.
func (r *Runner) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Unjournaled = len(r.unjournaled)
	return s
}

func (r *Runner) note(f func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.state)
}

func (r *Runner) succeeded() {
	r.pause = 0
	was := State{}
	r.note(func(s *State) {
		was = *s
		s.OK, s.Error, s.Failures, s.Since, s.LastSuccess = true, "", 0, time.Time{}, time.Now()
	})
	if !was.OK {
		r.log("forward %s: works again after %d failures", r.name, was.Failures)
	}
}

func (r *Runner) failed(err error) {
	first := false
	r.note(func(s *State) {
		if first = s.OK; first {
			s.Since = time.Now()
		}
		s.OK, s.Error = false, err.Error()
		s.Failures++
	})
	r.log("forward %s: %v", r.name, err)
}
