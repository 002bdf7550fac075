// Package gpiotest is a simulated room for drivers/gpio: the server side of its
// line protocol. It behaves like the kernel's lines (every edge numbered, a
// queue of bounded length whose oldest edge goes first, debounce, outputs that
// outlive their client), and it can be told to misbehave.
package gpiotest

import (
	"net"
	"sync"
	"time"
)

// Queue is how many edges wait for one slow client before the oldest is thrown
// away; its numbers then show the gap.
const Queue = 256

// Server is one simulated room. All methods may be called from any goroutine.
type Server struct {
	listener net.Listener
	started  time.Time

	mu       sync.Mutex
	lines    map[string]*line
	clients  map[*client]struct{}
	onOutput func(terminal string, level bool)
	drop     int
	hung     bool
	closed   bool
	done     sync.WaitGroup
}

// Serve answers on l until Close. All lines begin open and off.
func Serve(l net.Listener) *Server {
	s := &Server{listener: l, started: time.Now(), lines: map[string]*line{}, clients: map[*client]struct{}{}}
	s.done.Go(s.accept)
	return s
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.admit(conn)
	}
}

func (s *Server) admit(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	c := newClient(s, conn)
	s.clients[c] = struct{}{}
	s.done.Go(c.serve)
	s.done.Go(c.deliver)
}

// Close ends every connection and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.listener.Close()
	s.Cut()
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if l.death != nil {
			l.death.Stop()
		}
	}
	return err
}

// Set closes (true) or opens the contact on an input.
func (s *Server) Set(terminal string, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.at(terminal)
	if l.level == closed {
		return
	}
	l.level = closed
	for c := range s.clients {
		c.changed(terminal, closed)
	}
}

// Bounce lets a contact chatter: it changes times times as fast as the machine
// can, and then stands at final.
func (s *Server) Bounce(terminal string, times int, final bool) {
	for range times {
		s.Set(terminal, !s.Level(terminal))
	}
	s.Set(terminal, final)
}

// Level is how a terminal stands now: a contact, or what drives an output.
func (s *Server) Level(terminal string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at(terminal).level
}

// OnOutput has f told of each change of an output; it is called with the
// server's lock held and must not call back.
func (s *Server) OnOutput(f func(terminal string, level bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onOutput = f
}

// DropEdges numbers the next n edges and does not deliver them.
func (s *Server) DropEdges(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop = n
}

// Spoil takes a terminal away: gpio.Absent is a chip that is not there, gpio.Busy
// a line that another program holds. Nil gives it back, as it stands then; an
// output comes back at rest.
func (s *Server) Spoil(terminal string, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.at(terminal)
	l.fault = fault
	if l.output {
		s.drive(terminal, l.rest)
	}
	for c := range s.clients {
		if w := c.watched[terminal]; w != nil {
			w.told = l.level
		}
	}
}

// Hang makes the room deaf: it takes orders, obeys none and answers nothing,
// until Hang(false).
func (s *Server) Hang(hung bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hung = hung
	for c := range s.clients {
		c.wake.Broadcast()
	}
}

// Cut breaks every connection; new ones are taken.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		c.gone = true
		c.conn.Close()
		c.wake.Broadcast()
	}
}
