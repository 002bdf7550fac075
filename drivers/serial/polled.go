package serial

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	tarm "github.com/tarm/serial"
	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// pollStep is how long one read of the library may wait. It is the library's
// smallest step, and the longest that Close waits for a reader.
const pollStep = 100 * time.Millisecond

// OpenPolled opens the line with tarm/serial, for a reader that waits long and
// often: a modem, a card reader. Each wait is cut into steps of 0.1 s, between
// which the deadline, Close and the device node are looked at. The library shows
// a dead port and a quiet one alike (end of file), so a pulled adapter is seen by
// its missing node; the owner of the wire still asks for life now and then.
// A write is not cut short: its deadline is looked at before it begins. Flush
// drops unsent bytes too. Only speeds that termios names are possible.
func OpenPolled(path string, line driver.Line) (driver.Port, error) {
	if err := check(line); err != nil {
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	p := &polled{path: path}
	var err error
	if p.lock, err = hold(path); err != nil {
		return nil, err
	}
	p.lib, err = tarm.OpenPort(&tarm.Config{Name: path, Baud: line.Baud, ReadTimeout: pollStep,
		Size: byte(orEight(line.DataBits)), Parity: parities[line.Parity], StopBits: tarm.StopBits(max(1, line.StopBits))})
	if err == nil {
		err = p.lib.Flush() // bytes from before the open are nobody's answer
	}
	if err == nil {
		err = exclude(int(p.lock.Fd())) // not earlier: the library opens the node itself
	}
	if err != nil {
		p.release()
		return nil, fmt.Errorf("open port %s: %w: %w", path, driver.ErrDisconnect, err)
	}
	return p, nil
}

var parities = map[string]tarm.Parity{"": tarm.ParityNone, "none": tarm.ParityNone, "even": tarm.ParityEven, "odd": tarm.ParityOdd}

// hold takes the same lock that Open takes; the library cannot.
func hold(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open port %s: %w: %w", path, driver.ErrDisconnect, err)
	}
	if err := lock(fd); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("open port %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// polled is a line on tarm/serial.
type polled struct {
	path string
	lib  *tarm.Port
	lock *os.File

	reading sync.Mutex // held during each step: Close waits for it, as the library cannot be closed in a read
	state   sync.Mutex // the fields below
	closed  bool
	dead    error
	readBy  time.Time
	writeBy time.Time
}

func (p *polled) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if err := p.ready(&p.readBy); err != nil {
			return 0, err
		}
		if n, err := p.step(b); n > 0 || err != nil {
			return n, err
		}
	}
}

// step waits for bytes for one step. Nothing and no error means: ask again.
func (p *polled) step(b []byte) (int, error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	if err := p.ready(&p.readBy); err != nil {
		return 0, err
	}
	n, err := p.lib.Read(b)
	if n > 0 {
		return n, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		if _, err = os.Stat(p.path); err == nil {
			return 0, nil
		}
	}
	return 0, p.die("read", err)
}

func (p *polled) Write(b []byte) (int, error) {
	if err := p.ready(&p.writeBy); err != nil {
		return 0, err
	}
	n, err := p.lib.Write(b)
	if err != nil {
		return n, p.die("write", err)
	}
	return n, nil
}

// ready is nil while the port is open, alive and in time.
func (p *polled) ready(by *time.Time) error {
	p.state.Lock()
	defer p.state.Unlock()
	switch {
	case p.closed:
		return os.ErrClosed
	case p.dead != nil:
		return p.dead
	case !by.IsZero() && !time.Now().Before(*by):
		return os.ErrDeadlineExceeded
	}
	return nil
}

// die remembers the end of the port: the library would read it as silence.
func (p *polled) die(verb string, err error) error {
	p.state.Lock()
	defer p.state.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	p.dead = fmt.Errorf("%s %s: %w: %w", verb, p.path, driver.ErrDisconnect, err)
	return p.dead
}

func (p *polled) SetReadDeadline(t time.Time) error  { return p.deadline(&p.readBy, t) }
func (p *polled) SetWriteDeadline(t time.Time) error { return p.deadline(&p.writeBy, t) }

func (p *polled) deadline(by *time.Time, t time.Time) error {
	p.state.Lock()
	defer p.state.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	*by = t
	return nil
}

func (p *polled) Flush() error {
	if err := p.ready(new(time.Time)); err != nil {
		return err
	}
	if err := p.lib.Flush(); err != nil {
		return p.die("flush", err)
	}
	return nil
}

// Close ends a blocked Read within a step, then closes.
func (p *polled) Close() error {
	p.state.Lock()
	was := p.closed
	p.closed = true
	p.state.Unlock()
	if was {
		return os.ErrClosed
	}
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.release()
}

func (p *polled) release() error {
	var err error
	if p.lib != nil {
		err = p.lib.Close()
	}
	return errors.Join(err, p.lock.Close())
}
