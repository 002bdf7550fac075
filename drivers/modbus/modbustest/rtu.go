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

// request finds the first sound request; the bytes before it are noise.
func request(b []byte) (frame []byte, skipped int) {
	for i := range b {
		if n := requestLength(b[i:]); n > 0 && n <= len(b)-i && sound(b[i:i+n]) {
			return append([]byte(nil), b[i:i+n]...), i
		}
	}
	return nil, 0
}

// requestLength goes by the function; 0 means unknown or not yet to be told.
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
	case 0x2b:
		return 7 // read device identification
	}
	return 0
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

// speak sends the answer as the fault has it.
func (l *line485) speak(u *Unit, f Fault, frame []byte) {
	before := u.remember(frame)
	switch f.Kind {
	case Silent, Babble:
		return
	case Slow:
		if !l.pause(f.Delay) {
			return
		}
	case BadSum:
		frame[len(frame)-1] ^= 0x55
	case WrongUnit:
		frame = readdressed(frame, u.address+1)
	case Foreign:
		l.put(readdressed(frame, u.address+1))
		l.pause(l.gap)
	case Short:
		frame = frame[:len(frame)/2]
	case Noise:
		l.put([]byte{0x00, 0xff, u.address, 0x3c})
	case Exception, Split:
		frame = seal([]byte{u.address, frame[1] | 0x80, f.Code})
	case Stale:
		if before == nil {
			return
		}
		frame = before
	}
	l.deliver(f, frame)
}

// deliver puts the frame on the wire in one piece, two, or many.
func (l *line485) deliver(f Fault, frame []byte) {
	step := len(frame)
	switch f.Kind {
	case Split:
		step = 4
	case Dribble:
		step = 1
	}
	for len(frame) > 0 {
		n := min(step, len(frame))
		l.put(frame[:n])
		if frame = frame[n:]; len(frame) > 0 && !l.pause(f.Delay) {
			return
		}
	}
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

// babble is the voice of all units that cannot stop.
func (l *line485) babble() {
	for n := byte(0); ; n++ {
		delay := 20 * time.Millisecond
		for _, u := range l.plant.babblers() {
			delay = u.fault.Delay
			l.put([]byte{u.address, n, 0xa5})
		}
		if !l.pause(delay) {
			return
		}
	}
}

// babblers are copies of the units that babble now.
func (p *Plant) babblers() (all []*Unit) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, u := range p.units {
		u.mutex.Lock()
		if u.fault.Kind == Babble {
			all = append(all, &Unit{address: u.address, fault: u.fault})
		}
		u.mutex.Unlock()
	}
	return all
}

// readdressed is the frame as another unit would send it.
func readdressed(frame []byte, unit uint8) []byte {
	f := append([]byte{unit}, frame[1:len(frame)-2]...)
	return seal(f)
}

// seal appends the check sum: CRC-16/MODBUS, low byte first.
func seal(b []byte) []byte {
	s := checksum(b)
	return append(b, byte(s), byte(s>>8))
}

func sound(b []byte) bool {
	n := len(b) - 2
	return n > 1 && checksum(b[:n]) == uint16(b[n])|uint16(b[n+1])<<8
}

// checksum is bit by bit, from the specification, on purpose not the master's.
func checksum(b []byte) uint16 {
	s := uint16(0xffff)
	for _, c := range b {
		s ^= uint16(c)
		for range 8 {
			odd := s & 1
			s >>= 1
			s ^= 0xa001 * odd
		}
	}
	return s
}
