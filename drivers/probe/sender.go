package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"watchbox/firmware/driver"
)

// socket sends and receives ICMP messages. Closed from another goroutine, a
// blocked receive returns.
type socket interface {
	WriteTo(b []byte, to net.Addr) (int, error)
	ReadFrom(b []byte) (int, net.Addr, error)
	Close() error
}

// line is an open socket of one address family.
type line struct {
	socket
	v6   bool
	raw  bool
	done chan struct{} // closed when its reader has ended
}

// sender is the socket that all pings share, one per address family, opened at
// first use and closed with the last device. Its reader is the package's one
// goroutine per family: this wire speaks by itself. The number of rounds under
// way is bounded by their owner, one for each device.
type sender struct {
	open func(v6 bool) (*line, error) // nil: the kernel's

	mu     sync.Mutex
	users  int
	lines  [2]*line          // IPv4, IPv6
	rounds map[uint64]*round // by the number in the payload, each echo its own
	last   uint64
	token  uint64 // ours among the answers that a raw socket hears
}

var everybody sender

// round is the echoes of one poll.
type round struct {
	to      netip.Addr
	line    *line
	first   uint64      // number of the first echo
	sent    []time.Time // under the sender's mutex; zero: not sent or answered
	answers chan time.Duration
}

func (s *sender) join() { s.mu.Lock(); defer s.mu.Unlock(); s.users++ }

// leave closes the sockets after the last user.
func (s *sender) leave() error {
	s.mu.Lock()
	s.users--
	var old [2]*line
	if s.users == 0 {
		old, s.lines = s.lines, old
	}
	s.mu.Unlock()
	var err error
	for _, l := range old {
		if l != nil {
			err = errors.Join(err, l.Close())
			<-l.done
		}
	}
	return err
}

// begin reserves the numbers of a round and opens the socket if need be.
func (s *sender) begin(to netip.Addr, count int) (*round, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v6 := to.Is6()
	family := 0
	if v6 {
		family = 1
	}
	if s.lines[family] == nil {
		l, err := s.start(v6)
		if err != nil {
			return nil, err
		}
		s.lines[family] = l
	}
	if s.rounds == nil {
		s.rounds, s.token = map[uint64]*round{}, rand.Uint64()
	}
	r := &round{to: to, line: s.lines[family], first: s.last + 1, sent: make([]time.Time, count), answers: make(chan time.Duration, count)}
	s.last += uint64(count)
	for i := range r.sent {
		s.rounds[r.first+uint64(i)] = r
	}
	return r, nil
}

func (s *sender) start(v6 bool) (*line, error) {
	open := s.open
	if open == nil {
		open = openLine
	}
	l, err := open(v6)
	if err != nil {
		return nil, fmt.Errorf("open ICMP socket: %w: %w", driver.ErrDisconnect, err)
	}
	l.done = make(chan struct{})
	go s.listen(l)
	return l, nil
}

// end forgets a round: later answers to it are foreign.
func (s *sender) end(r *round) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range r.sent {
		delete(s.rounds, r.first+uint64(i))
	}
}

// send sends echo i of the round. That the host cannot be reached is no error:
// the echo is lost.
func (s *sender) send(r *round, i int) error {
	number := r.first + uint64(i)
	b, err := encode(r.line.v6, number, s.token)
	if err != nil {
		return err
	}
	s.mu.Lock()
	r.sent[i] = time.Now()
	s.mu.Unlock()
	if _, err := r.line.WriteTo(b, r.line.address(r.to)); err != nil && !unreachable(err) {
		return fmt.Errorf("send to %s: %w: %w", r.to, driver.ErrDisconnect, err)
	}
	return nil
}

// listen hands answers to their rounds until the socket is closed. An error of
// the socket closes it; the next round opens another.
func (s *sender) listen(l *line) {
	defer close(l.done)
	buffer := make([]byte, 2048)
	for {
		n, from, err := l.ReadFrom(buffer)
		if err != nil {
			s.lose(l)
			return
		}
		if number, token, ok := decode(l.v6, buffer[:n]); ok {
			s.answered(number, token, sourceOf(from), time.Now())
		}
	}
}

// lose forgets a socket that broke.
func (s *sender) lose(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.lines {
		if s.lines[i] == l {
			s.lines[i] = nil
			l.Close()
		}
	}
}

// answered notes the answer to one echo, once, and only from whom it was sent to.
func (s *sender) answered(number, token uint64, from netip.Addr, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rounds[number]
	if r == nil || token != s.token || from != r.to.WithZone("") {
		return
	}
	i := number - r.first
	if at := r.sent[i]; !at.IsZero() {
		r.sent[i] = time.Time{}
		r.answers <- now.Sub(at) // capacity: one for each echo
	}
}

// payload is what an echo carries: whose it is, and which.
func payload(number, token uint64) []byte {
	b := make([]byte, 32)
	binary.BigEndian.PutUint64(b, token)
	binary.BigEndian.PutUint64(b[8:], number)
	return b
}
