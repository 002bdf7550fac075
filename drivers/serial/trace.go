package serial

import (
	"fmt"
	"time"

	"watchbox/firmware/driver"
)

// Chunk is what one call moved over the wire.
type Chunk struct {
	At   time.Time // when the call returned
	Sent bool      // by us; else received
	Data []byte    // valid until the report returns
}

// Trace gives a port that reports every chunk it moves. report is called by the
// goroutine that reads or writes and must not block; it keeps a copy of Data if
// it wants it later. Flushed bytes are not seen by anybody.
func Trace(p driver.Port, report func(Chunk)) driver.Port {
	return &traced{Port: p, report: report}
}

type traced struct {
	driver.Port
	report func(Chunk)
}

func (t *traced) Read(b []byte) (int, error) {
	n, err := t.Port.Read(b)
	t.tell(false, b[:n])
	return n, err
}

func (t *traced) Write(b []byte) (int, error) {
	n, err := t.Port.Write(b)
	t.tell(true, b[:n])
	return n, err
}

// Shape is that of the port below.
func (t *traced) Shape(line driver.Line) error {
	p, can := t.Port.(driver.Shaper)
	if !can {
		return fmt.Errorf("shape: this port has one speed: %w", driver.ErrUnsupported)
	}
	return p.Shape(line)
}

func (t *traced) tell(sent bool, data []byte) {
	if len(data) > 0 {
		t.report(Chunk{At: time.Now(), Sent: sent, Data: data})
	}
}
