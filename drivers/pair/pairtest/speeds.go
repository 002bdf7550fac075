package pairtest

import (
	"io"
	"sync"
	"time"

	"watchbox/firmware/driver"
)

// Tuned is a port whose speed is changed while it is open. It meets driver.Shaper.
type Tuned struct {
	driver.Port

	mutex  sync.Mutex
	line   driver.Line
	tuned  time.Time
	Tunes  int           // changes of speed
	Rushed time.Duration // the shortest silence between a change and the next request; 0: none came
}

// Tune makes the port of a line that begins at that speed.
func Tune(p driver.Port, line driver.Line) *Tuned { return &Tuned{Port: p, line: line} }

// Shape changes the speed.
func (t *Tuned) Shape(line driver.Line) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.line, t.tuned = line, time.Now()
	t.Tunes++
	return nil
}

// Write notes how soon after a change it comes.
func (t *Tuned) Write(b []byte) (int, error) {
	t.mutex.Lock()
	if !t.tuned.IsZero() {
		if d := time.Since(t.tuned); t.Rushed == 0 || d < t.Rushed {
			t.Rushed = d
		}
		t.tuned = time.Time{}
	}
	t.mutex.Unlock()
	return t.Port.Write(b)
}

// At makes a fake of a speed of its own: what is said at another is noise to it, and
// what it says then is noise to the port.
func (t *Tuned) At(line driver.Line, serve func(io.ReadWriter) error) func(io.ReadWriter) error {
	return func(wire io.ReadWriter) error { return serve(&ear{wire, t, line}) }
}

type ear struct {
	io.ReadWriter
	port *Tuned
	line driver.Line
}

func (e *ear) Read(b []byte) (int, error) {
	n, err := e.ReadWriter.Read(b)
	e.hear(b[:n])
	return n, err
}

func (e *ear) Write(b []byte) (int, error) {
	said := append([]byte(nil), b...)
	e.hear(said)
	return e.ReadWriter.Write(said)
}

// hear makes noise of bytes between two speeds.
func (e *ear) hear(b []byte) {
	e.port.mutex.Lock()
	defer e.port.mutex.Unlock()
	for i := range b {
		if e.port.line != e.line {
			b[i] = b[i]*167 + 13
		}
	}
}
