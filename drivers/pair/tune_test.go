package pair

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

// babble is a port on which somebody speaks before anybody was asked.
type babble struct {
	waits []byte
	dead  bool // it was pulled
	lines []driver.Line
	shuts int
}

var errPulled = errors.New("pulled")

func (b *babble) Read(to []byte) (int, error) {
	if b.dead {
		return 0, errPulled
	}
	time.Sleep(time.Millisecond)
	if n := copy(to, b.waits); n > 0 {
		b.waits = b.waits[n:]
		return n, nil
	}
	return 0, os.ErrDeadlineExceeded
}
func (b *babble) Drain(to []byte) (int, error) {
	if b.dead {
		return 0, errPulled
	}
	n := copy(to, b.waits)
	b.waits = b.waits[n:]
	return n, nil
}
func (b *babble) Write(p []byte) (int, error)      { return len(p), nil }
func (b *babble) Close() error                     { b.shuts++; return nil }
func (b *babble) SetReadDeadline(time.Time) error  { return nil }
func (b *babble) SetWriteDeadline(time.Time) error { return nil }
func (b *babble) Flush() error                     { return nil }
func (b *babble) Shape(line driver.Line) error     { b.lines = append(b.lines, line); return nil }

// nobody is an answer that never comes.
type nobody struct{}

func (nobody) Length() int              { return 8 }
func (nobody) Find([]byte, bool) Search { return Search{} }
func (nobody) Foreign([]byte) bool      { return false }
func (nobody) Asked() bus.Slave         { return bus.Slave{Protocol: "x", Unit: 1} }

var (
	quick = driver.Line{Baud: 115200, Parity: "none", StopBits: 1}
	slow  = driver.Line{Baud: 9600, Parity: "none", StopBits: 1}
)

func ask(t *testing.T, p *Pair, line driver.Line) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	_, err := p.Exchange(ctx, []byte{1, 2, 3}, nobody{}, Manners{Timeout: time.Millisecond, Line: line})
	return err
}

// The first device that is asked may be one of another speed, while somebody speaks.
func TestTheFirstIsOfAnotherSpeed(t *testing.T) {
	port := &babble{waits: []byte("who is there")}
	p := New("b", func() (driver.Port, error) { return port, nil }, quick)
	if err := ask(t, p, slow); !errors.Is(err, driver.ErrTimeout) {
		t.Error(err)
	}
	if len(port.lines) != 1 || port.lines[0] != slow {
		t.Errorf("%v", port.lines)
	}
}

// An adapter that was pulled is opened anew, also when that shows at a change of speed.
func TestAPulledAdapterShowsAtAChangeOfSpeed(t *testing.T) {
	port, opens := &babble{}, 0
	p := New("b", func() (driver.Port, error) { opens++; port.dead = false; return port, nil }, quick)
	_ = ask(t, p, quick)
	port.dead = true
	if err := ask(t, p, slow); !errors.Is(err, driver.ErrDisconnect) {
		t.Error(err)
	}
	if err := ask(t, p, slow); !errors.Is(err, driver.ErrTimeout) || opens != 2 || port.shuts != 1 {
		t.Errorf("%v, opened %d times", err, opens)
	}
}

// Others are overheard at the speed of the bus, whoever was asked last.
func TestOthersAreOverheardAtTheSpeedOfTheBus(t *testing.T) {
	port := &babble{}
	p := New("b", func() (driver.Port, error) { return port, nil }, quick)
	_ = ask(t, p, slow)
	port.waits = []byte("frame")
	if _, err := p.Overhear(t.Context(), 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if len(port.lines) != 2 || port.lines[1] != quick {
		t.Errorf("%v", port.lines)
	}
}
