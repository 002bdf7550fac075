package modbustest

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"watchbox/firmware/driver"
)

// ServeRTU answers on the wire until it fails, is closed, or is at its end, and
// says why. The line's Baud sets the pace; with 0 bytes take no time.
func (p *Plant) ServeRTU(wire io.ReadWriter, line driver.Line) error {
	l := &line485{plant: p, wire: wire, char: charOf(line), ended: make(chan struct{}), writing: newLock()}
	l.gap = l.char * 7 / 2
	if line.Baud > 19200 {
		l.gap = 1750 * time.Microsecond
	}
	l.work.Go(l.babble)
	err := l.listen()
	close(l.ended)
	l.work.Wait()
	return err
}

func charOf(line driver.Line) time.Duration {
	if line.Baud <= 0 {
		return 0
	}
	bits := 9 + max(1, line.StopBits)
	if line.Parity == "even" || line.Parity == "odd" {
		bits++
	}
	return time.Duration(bits) * time.Second / time.Duration(line.Baud)
}

// line485 is one serial line being served.
type line485 struct {
	plant     *Plant
	wire      io.ReadWriter
	char, gap time.Duration
	work      sync.WaitGroup
	ended     chan struct{}

	writing lock // one write at a time; two talkers still mix, as on a wire
}

// listen takes requests out of what the wire brings.
func (l *line485) listen() error {
	var input []byte
	var began, last time.Time
	b := make([]byte, 512)
	for {
		n, err := l.wire.Read(b)
		now := time.Now()
		switch {
		case err != nil && hungUp(err):
			l.plant.Sleep(20 * time.Millisecond) // nobody has the other end open just now
			continue
		case err != nil:
			return err
		}
		if len(input) == 0 || now.Sub(last) > l.gap+50*time.Millisecond {
			input, began = input[:0], now
		}
		last = now
		input = append(input, b[:n]...)
		input = l.requests(input, began)
	}
}

// hungUp is true while a pseudo-terminal has no user.
func hungUp(err error) bool {
	return errors.Is(err, syscall.EIO) && !errors.Is(err, os.ErrClosed)
}

// inputLimit bounds what is kept of bytes that are no request.
const inputLimit = 600

// requests serves what is whole in b and gives back the rest.
func (l *line485) requests(b []byte, began time.Time) []byte {
	for {
		frame, skipped := request(b)
		if frame == nil {
			if len(b) > inputLimit {
				b = b[len(b)-inputLimit/2:]
			}
			return b
		}
		// On a real line the last byte would arrive only now.
		over := began.Add(time.Duration(skipped+len(frame)) * l.char)
		if l.plant.echoes() {
			l.put(frame)
		}
		l.serve(frame, over)
		b = append(b[:0:0], b[skipped+len(frame):]...)
		began = over
	}
}

// serve lets the addressed unit answer in its own time.
func (l *line485) serve(frame []byte, over time.Time) {
	u := l.plant.unit(frame[0])
	if u == nil || !u.admit() {
		return
	}
	l.work.Go(func() {
		defer u.leave()
		u.turn.take()
		defer u.turn.giveUp()
		f := u.suffer()
		answer := u.answer(frame[1 : len(frame)-2])
		if answer == nil {
			return
		}
		l.sleepUntil(over.Add(l.gap + u.rest()))
		l.speak(u, f, seal(append([]byte{u.address}, answer...)))
	})
}

// put sends bytes at the line's pace: each arrives when its last bit is over.
func (l *line485) put(b []byte) {
	l.writing.take()
	defer l.writing.giveUp()
	if l.char == 0 {
		l.wire.Write(b)
		return
	}
	began := time.Now()
	for sent := 0; sent < len(b); {
		l.sleepUntil(began.Add(time.Duration(sent+1) * l.char))
		due := min(len(b), max(sent+1, int(time.Since(began)/l.char)))
		if _, err := l.wire.Write(b[sent:due]); err != nil {
			return
		}
		sent = due
	}
}

func (l *line485) sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		l.plant.Sleep(d)
	}
}

// pause is false when the line ended meanwhile.
func (l *line485) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ended:
		return false
	}
}
