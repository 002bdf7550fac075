package modbusserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/goburrow/modbus"

	"watchbox/firmware/driver"
)

// slave stands for the units of a bus on another serial line, where an old master asks.
// It answers for them and for nobody else: other slaves may hang on that line.
type slave struct {
	name  string // of the terminal
	open  func() (driver.Port, error)
	char  time.Duration // one character on that line
	unit  func(byte) Unit
	log   driver.Log
	stop  context.CancelFunc
	ended sync.WaitGroup

	input  []byte // received and not yet understood
	said   []byte // our last answer: a line that hears itself gives it back
	saidAt time.Time
}

const (
	reopen    = 5 * time.Second       // before a port that is gone is opened again
	pieces    = 50 * time.Millisecond // of silence end what was begun: adapters hold bytes for 16 ms
	overheard = 512                   // bytes that are kept of what is no request to us
)

// listenSerial begins to answer on a serial line; the port is opened when it can be.
func listenSerial(name string, open func() (driver.Port, error), char time.Duration, unit func(byte) Unit, log driver.Log) *slave {
	ctx, stop := context.WithCancel(context.Background())
	s := &slave{name: name, open: open, char: char, unit: unit, log: log, stop: stop}
	s.ended.Go(func() { s.run(ctx) })
	return s
}

// close gives the port back and waits, at most for the exchange under way.
func (s *slave) close() { s.stop(); s.ended.Wait() }

// run opens the port again and again: an adapter may be pulled and put back.
func (s *slave) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		port, err := s.open()
		if err == nil {
			failures, err = 0, s.serve(ctx, port)
			port.Close()
		}
		if failures++; ctx.Err() == nil && powerOfTen(failures) {
			s.log("modbus proxy on %s: %v (%d times)", s.name, err, failures)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reopen):
		}
	}
}

// serve answers until the port fails or ctx ends. A fault of ours costs as much as a
// port that fails.
func (s *slave) serve(ctx context.Context, port driver.Port) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	defer context.AfterFunc(ctx, func() { port.SetReadDeadline(time.Unix(1, 0)) })()
	s.input = s.input[:0]
	for ctx.Err() == nil {
		if err := s.read(port, time.Minute); err != nil {
			return err
		}
		for request := s.request(); request != nil; request = s.request() {
			if err := s.answer(port, request); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// read takes what comes within the time; what was begun and then left is forgotten.
func (s *slave) read(port driver.Port, within time.Duration) error {
	if len(s.input) > 0 {
		within = min(within, pieces)
	}
	if err := port.SetReadDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	var b [256]byte
	n, err := port.Read(b[:])
	switch {
	case n > 0:
		s.input = append(s.input, b[:n]...)
		s.input = s.input[max(0, len(s.input)-overheard):]
	case errors.Is(err, os.ErrDeadlineExceeded) && within == pieces:
		s.input = s.input[:0]
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return nil
}

// request takes the first request to one of our units, with its check sum, off the
// input. Other masters' and slaves' frames may stand before it, and our own answer.
func (s *slave) request() []byte {
	for i := range s.input {
		rest := s.input[i:]
		n := requestLength(rest)
		if n == 0 || n > len(rest) || !sound(rest[:n]) || s.unit(rest[0]) == nil {
			continue
		}
		request := bytes.Clone(rest[:n])
		s.input = append(s.input[:0], rest[n:]...)
		if s.heardOurselves(request) {
			return s.request()
		}
		return request
	}
	return nil
}

// heardOurselves is true for our own answer to a write, which looks like a request. A
// master that means the same again keeps more silence than that.
func (s *slave) heardOurselves(request []byte) bool {
	return bytes.Equal(request, s.said) && time.Since(s.saidAt) < pieces+time.Duration(2*len(s.said))*s.char
}

// answer asks the unit and says what it said. A master that went on meanwhile gets no
// answer: it would take it for one to its next request.
func (s *slave) answer(port driver.Port, request []byte) error {
	u := s.unit(request[0])
	if u == nil {
		return nil
	}
	pdu := u.Answer(s.name, request[1:len(request)-2])
	waiting := len(s.input)
	if err := s.read(port, time.Millisecond); err != nil {
		return err
	}
	if len(pdu) == 0 || len(s.input) > waiting {
		return nil
	}
	said, err := sealed(request[0], pdu)
	if err != nil {
		return err
	}
	s.said = said
	if err := port.SetWriteDeadline(time.Now().Add(frameLimit)); err != nil {
		return err
	}
	_, err = port.Write(s.said)
	s.saidAt = time.Now()
	return err
}

// requestLength is how long the request is that b begins with, check sum included; 0
// where that cannot be told, or the function is none that is passed on.
func requestLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case 1, 2, 3, 4, 5, 6:
		return 8
	case 15, 16:
		if len(b) > 6 {
			return 9 + int(b[6])
		}
	case encapsulated:
		return 7
	}
	return 0
}

// sealed is the frame that carries the function and its data to or from the unit.
func sealed(unit byte, pdu []byte) ([]byte, error) {
	frames := modbus.RTUClientHandler{}
	frames.SlaveId = unit
	return frames.Encode(&modbus.ProtocolDataUnit{FunctionCode: pdu[0], Data: pdu[1:]})
}

// sound is true for a frame, as long as requestLength says, with its own check sum.
func sound(frame []byte) bool {
	_, err := (&modbus.RTUClientHandler{}).Decode(frame)
	return err == nil
}
