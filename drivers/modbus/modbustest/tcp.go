package modbustest

import (
	"io"
	"net"
	"sync"
)

// ServeTCP answers on every connection until the listener is closed, then closes
// the connections and returns. Units that the plant does not have stay silent.
func (p *Plant) ServeTCP(l net.Listener) error {
	var work sync.WaitGroup
	defer work.Wait()
	defer p.Disconnect()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		p.mutex.Lock()
		p.conns[conn] = true
		p.mutex.Unlock()
		work.Go(func() { p.connection(conn) })
	}
}

func (p *Plant) connection(conn net.Conn) {
	s := &stream{plant: p, conn: conn}
	defer s.work.Wait()
	defer func() {
		conn.Close()
		p.mutex.Lock()
		delete(p.conns, conn)
		p.mutex.Unlock()
	}()
	for {
		var header [7]byte
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			return
		}
		n := int(header[4])<<8 | int(header[5])
		if n < 2 || n > 254 || header[2] != 0 || header[3] != 0 {
			return
		}
		request := make([]byte, n-1)
		if _, err := io.ReadFull(conn, request); err != nil {
			return
		}
		s.serve(header, request)
	}
}

// stream is one connection.
type stream struct {
	plant   *Plant
	conn    net.Conn
	work    sync.WaitGroup
	writing sync.Mutex
}

func (s *stream) serve(header [7]byte, request []byte) {
	u := s.plant.unit(header[6])
	if u == nil || !u.admit() {
		return
	}
	s.work.Go(func() {
		defer u.leave()
		u.turn.take()
		defer u.turn.giveUp()
		f := u.suffer()
		answer := u.answer(request)
		if answer == nil {
			return
		}
		s.plant.Sleep(u.rest())
		s.speak(u, f, header, answer)
	})
}

// speak sends the answer as the fault has it.
func (s *stream) speak(u *Unit, f Fault, header [7]byte, answer []byte) {
	frame := wrap(header, answer)
	before := u.remember(frame)
	switch f.Kind {
	case Silent:
		return
	case Slow:
		s.plant.Sleep(f.Delay)
	case BadSum:
		frame[2] = 0x12
	case WrongUnit:
		frame[6]++
	case Foreign, Noise, Babble:
		old := append([]byte(nil), frame...)
		old[0] ^= 0x40
		s.put(old)
	case Short:
		frame = frame[:len(frame)/2]
	case Exception, Split:
		frame = wrap(header, []byte{answer[0] | 0x80, f.Code})
	case Stale:
		if before == nil {
			return
		}
		frame = before
	}
	s.deliver(f, frame)
}

func (s *stream) deliver(f Fault, frame []byte) {
	if f.Kind != Split && f.Kind != Dribble {
		s.put(frame)
		return
	}
	for i := range frame {
		s.put(frame[i : i+1])
		if f.Kind == Dribble || i == 4 {
			s.plant.Sleep(f.Delay)
		}
	}
}

func (s *stream) put(b []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.conn.Write(b)
}

// wrap puts the envelope of the request round the answer.
func wrap(header [7]byte, answer []byte) []byte {
	n := len(answer) + 1
	header[4], header[5] = byte(n>>8), byte(n)
	return append(header[:], answer...)
}
