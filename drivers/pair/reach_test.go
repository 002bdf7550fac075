package pair

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// mutterer is a port on which somebody mutters until a request goes out, and which
// answers that so much later.
type mutterer struct {
	babble
	mutex    sync.Mutex
	deadline time.Time
	answer   time.Time // of the last request
	after    time.Duration
}

func (m *mutterer) SetReadDeadline(t time.Time) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.deadline = t
	return nil
}

func (m *mutterer) Write(p []byte) (int, error) {
	m.answer = time.Now().Add(m.after)
	return len(p), nil
}

func (m *mutterer) Read(to []byte) (int, error) {
	time.Sleep(time.Millisecond)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	switch {
	case m.answer.IsZero():
		return copy(to, "~"), nil
	case !time.Now().Before(m.answer):
		m.answer = time.Time{}
		return copy(to, "ok"), nil
	case !time.Now().Before(m.deadline):
		return 0, os.ErrDeadlineExceeded
	}
	return 0, nil
}

// okay is the answer "ok".
type okay struct{ nobody }

func (okay) Asked() bus.Slave { return bus.Slave{Protocol: "x", Unit: 2} }
func (okay) Find(b []byte, _ bool) Search {
	if i := bytes.Index(b, []byte("ok")); i >= 0 {
		return Search{Frame: b[i : i+2], Before: i}
	}
	return Search{}
}

// An answer that comes at the last moment is heard within Reach, whatever the line has
// to be waited for: a device of the pair's own speed is asked after one of another.
func TestReachIsEnoughAfterAnotherSpeed(t *testing.T) {
	manners := Manners{Timeout: 300 * time.Millisecond, Worst: 300 * time.Millisecond}
	for name, c := range map[string]struct{ first, line driver.Line }{
		"its own after another's": {slow, driver.Line{}},
		"another's after its own": {driver.Line{}, slow},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				port := &mutterer{}
				p := New("b", func() (driver.Port, error) { return port, nil }, quick)
				p.Mix()
				m := manners
				for _, step := range []struct {
					line  driver.Line
					after time.Duration
				}{{c.first, time.Millisecond}, {c.line, manners.Timeout - 2*time.Millisecond}} {
					m.Line, port.after = step.line, step.after
					ctx, stop := context.WithTimeout(t.Context(), p.Reach(3+8, m))
					if _, err := p.Exchange(ctx, []byte{1, 2, 3}, okay{}, m); err != nil {
						t.Errorf("%v at %v: %v", step.after, step.line, err)
					}
					stop()
				}
				if len(port.lines) == 0 {
					t.Error("the speed never changed")
				}
			})
		})
	}
}

// A pair of one speed is not given the time for a change of it.
func TestReachOfAPairOfOneSpeed(t *testing.T) {
	m := Manners{Timeout: 300 * time.Millisecond}
	one, mixed := New("a", nil, quick), New("b", nil, quick)
	mixed.Mix()
	if d := mixed.Reach(11, m) - one.Reach(11, m); d != retune+quietLimit {
		t.Errorf("%v more", d)
	}
}
