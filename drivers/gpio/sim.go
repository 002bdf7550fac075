package gpio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"

	"watchbox/firmware/driver"
)

// Dial opens a connection to a simulated room.
type Dial func(ctx context.Context) (net.Conn, error)

// Sim is the back end of a simulated room: fieldsim, or gpiotest in a test. It
// does not reconnect by itself; the call after a failure does.
type Sim struct {
	dial  Dial
	lines map[string]Line

	orders   chan struct{} // one token: one order and its answer at a time; under it:
	conn     net.Conn
	talk     *Talk
	outputs  []Claim
	declared bool // on conn
	closed   bool

	edges  sync.Mutex // guards the pointers; Next reads without it
	wire   net.Conn
	stream *Talk
	group  int
}

// NewSim talks to the room behind a unix socket. The lines give the rest level
// and the hold time of each output.
func NewSim(path string, lines []Line) *Sim {
	return SimOver(func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}, lines)
}

// SimOver talks to the room behind any connection.
func SimOver(dial Dial, lines []Line) *Sim {
	s := &Sim{dial: dial, lines: map[string]Line{}, orders: make(chan struct{}, 1)}
	s.orders <- struct{}{}
	for _, l := range lines {
		s.lines[l.Terminal] = l
	}
	return s
}

// Inputs asks for the edges of these terminals on a connection of their own,
// unless it did and nobody was cut off since. The room itself takes a line that
// comes back.
func (s *Sim) Inputs(ctx context.Context, inputs []Claim) error {
	s.edges.Lock()
	defer s.edges.Unlock()
	if s.wire != nil {
		return nil
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return lost("reach the simulated room", err)
	}
	talk := NewTalk(conn)
	if _, err := ask(ctx, conn, talk, Message{Verb: "watch", Claims: inputs}); err != nil {
		conn.Close()
		return err
	}
	s.wire, s.stream = conn, talk
	s.group++
	return nil
}

// Outputs declares rest level and hold time of these terminals; the room keeps
// their level over our death.
func (s *Sim) Outputs(ctx context.Context, outputs []Claim) error {
	for _, c := range outputs {
		if l, ok := s.lines[c.Terminal]; !ok || !l.Output {
			return fmt.Errorf("terminal %s is no output of this board: %w", c.Terminal, driver.ErrNotPresent)
		}
	}
	_, err := s.order(ctx, func() { s.declared, s.outputs = s.declared && slices.Equal(s.outputs, outputs), outputs }, Message{})
	return err
}

// Read asks the room for levels.
func (s *Sim) Read(ctx context.Context, terminals []string) ([]Reading, error) {
	m, err := s.order(ctx, nil, Message{Verb: "read", Lines: terminals})
	if err == nil && len(m.Readings) != len(terminals) {
		err = fmt.Errorf("%d levels for %d lines: %w", len(m.Readings), len(terminals), driver.ErrGarbage)
	}
	return m.Readings, err
}

// Set drives one output of the room.
func (s *Sim) Set(ctx context.Context, terminal string, level bool) error {
	_, err := s.order(ctx, nil, Message{Verb: "set", Lines: []string{terminal}, Levels: []bool{level}})
	return err
}

// order does one exchange, on a fresh connection where the last one failed. An
// exchange that broke off closes the connection, lest a late answer be taken
// for that of the next order. An empty verb only declares the outputs.
func (s *Sim) order(ctx context.Context, first func(), m Message) (answer Message, err error) {
	select {
	case <-s.orders:
	case <-ctx.Done():
		return answer, fmt.Errorf("wait for the turn: %w", class(ctx.Err()))
	}
	defer func() { s.orders <- struct{}{} }()
	if first != nil {
		first()
	}
	if s.closed {
		return answer, lost("use a closed back end", net.ErrClosed)
	}
	if s.conn == nil {
		if s.conn, err = s.dial(ctx); err != nil {
			s.conn = nil
			return answer, lost("reach the simulated room", err)
		}
		s.talk, s.declared = NewTalk(s.conn), false
	}
	if !s.declared {
		err = s.declare(ctx)
	}
	if err == nil && m.Verb != "" {
		answer, err = ask(ctx, s.conn, s.talk, m)
	}
	if err != nil && !errors.Is(err, driver.ErrRefused) {
		s.conn.Close()
		s.conn = nil
	}
	return answer, err
}

func (s *Sim) declare(ctx context.Context) error {
	for _, c := range s.outputs {
		l := s.lines[c.Terminal]
		m := Message{Verb: "output", Lines: []string{l.Terminal}, Levels: []bool{l.Rest}, Hold: l.Hold}
		if _, err := ask(ctx, s.conn, s.talk, m); err != nil {
			return err
		}
	}
	s.declared = true
	return nil
}

// Next waits for the next edge.
func (s *Sim) Next(ctx context.Context) (Edge, error) {
	s.edges.Lock()
	conn, talk, group := s.wire, s.stream, s.group
	s.edges.Unlock()
	if conn == nil {
		return Edge{}, lost("wait for an edge", net.ErrClosed)
	}
	defer until(ctx, conn)()
	m, err := talk.Receive()
	if err == nil && m.Verb != "edge" {
		err = fmt.Errorf("%q among edges: %w", m.Verb, driver.ErrGarbage)
	}
	if err != nil {
		if ctx.Err() != nil {
			return Edge{}, ctx.Err()
		}
		s.cut(conn)
		return Edge{}, lost("wait for an edge", err)
	}
	m.Edge.Group = group
	return m.Edge, nil
}

// cut closes the connection of the edges; the next Inputs makes another.
func (s *Sim) cut(conn net.Conn) {
	s.edges.Lock()
	defer s.edges.Unlock()
	conn.Close()
	if s.wire == conn {
		s.wire = nil
	}
}

// Close closes both connections; the room then keeps each output for its hold
// time.
func (s *Sim) Close() error {
	s.edges.Lock()
	if s.wire != nil {
		s.wire.Close()
		s.wire = nil
	}
	s.edges.Unlock()
	<-s.orders
	defer func() { s.orders <- struct{}{} }()
	s.closed = true
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
	return nil
}

// ask sends one message and reads its answer, by ctx's deadline.
func ask(ctx context.Context, conn net.Conn, talk *Talk, m Message) (Message, error) {
	defer until(ctx, conn)()
	err := talk.Send(m)
	if err == nil {
		var answer Message
		if answer, err = talk.Receive(); err == nil {
			return judge(m, answer)
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
		return Message{}, fmt.Errorf("%s: %w: %w", m.Verb, driver.ErrTimeout, err)
	}
	return Message{}, lost(m.Verb, err)
}

func judge(asked, answer Message) (Message, error) {
	switch {
	case answer.Verb == "error":
		return answer, fmt.Errorf("%s: %w: %s", asked.Verb, driver.ErrRefused, answer.Text)
	case asked.Verb == "read" && answer.Verb == "levels", asked.Verb != "read" && answer.Verb == "ok":
		return answer, nil
	}
	return answer, fmt.Errorf("%s answered with %q: %w", asked.Verb, answer.Verb, driver.ErrGarbage)
}

// lost says that the wire is gone, and how.
func lost(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, driver.ErrDisconnect, err)
}
