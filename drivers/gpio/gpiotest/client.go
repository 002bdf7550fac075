package gpiotest

import (
	"net"
	"sync"
	"time"

	"watchbox/drivers/gpio"
)

// client is one connection, for orders or for edges.
type client struct {
	server *Server
	conn   net.Conn
	talk   *gpio.Talk

	// All under the server's lock.
	wake     *sync.Cond
	gone     bool
	queue    []gpio.Message // answers and edges on their way out; bounded by Queue
	watched  map[string]*watched
	sequence uint64
	owned    map[string]bool
}

// watched is one input as this client sees it: debounced and numbered.
type watched struct {
	debounce time.Duration
	told     bool // the level after the last edge
	number   uint64
	settle   *time.Timer
}

func newClient(s *Server, conn net.Conn) *client {
	return &client{server: s, conn: conn, talk: gpio.NewTalk(conn), wake: sync.NewCond(&s.mu),
		watched: map[string]*watched{}, owned: map[string]bool{}}
}

// serve takes orders until the connection ends.
func (c *client) serve() {
	defer c.leave()
	for {
		m, err := c.talk.Receive()
		if err != nil {
			return
		}
		c.server.mu.Lock()
		if !c.server.hung {
			c.push(c.obey(m))
		}
		c.server.mu.Unlock()
	}
}

func (c *client) leave() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c.gone = true
	c.conn.Close()
	c.wake.Broadcast()
	delete(s.clients, c)
	for _, w := range c.watched {
		if w.settle != nil {
			w.settle.Stop()
		}
	}
	for terminal := range c.owned {
		s.disown(terminal)
	}
}

// deliver writes what is queued, so that a slow client stops nobody.
func (c *client) deliver() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for !c.gone && (s.hung || len(c.queue) == 0) {
			c.wake.Wait()
		}
		if c.gone {
			return
		}
		m := c.queue[0]
		c.queue = c.queue[1:]
		s.mu.Unlock()
		err := c.talk.Send(m)
		s.mu.Lock()
		if err != nil {
			c.conn.Close()
			return
		}
	}
}

func (c *client) push(m gpio.Message) {
	if len(c.queue) >= Queue {
		c.queue = c.queue[1:]
	}
	c.queue = append(c.queue, m)
	c.wake.Broadcast()
}

// obey carries out one order and gives its answer. Under the server's lock.
func (c *client) obey(m gpio.Message) gpio.Message {
	s := c.server
	switch m.Verb {
	case "watch":
		for _, in := range m.Claims {
			c.watched[in.Terminal] = &watched{debounce: in.Debounce, told: s.at(in.Terminal).level}
		}
	case "output":
		if !c.owned[m.Lines[0]] {
			c.owned[m.Lines[0]] = true
			s.own(m.Lines[0], m)
		}
	case "set":
		if !c.owned[m.Lines[0]] {
			return gpio.Message{Verb: "error", Text: "this connection does not own output " + m.Lines[0]}
		}
		if s.at(m.Lines[0]).fault != nil {
			return gpio.Message{Verb: "error", Text: s.at(m.Lines[0]).fault.Error()}
		}
		s.drive(m.Lines[0], m.Levels[0])
	case "read":
		answer := gpio.Message{Verb: "levels"}
		for _, l := range m.Lines {
			answer.Readings = append(answer.Readings, s.reading(l))
		}
		return answer
	default:
		return gpio.Message{Verb: "error", Text: "no such order: " + m.Verb}
	}
	return gpio.Message{Verb: "ok"}
}

// changed sees a contact move: at once, or when it stood long enough. Under the
// server's lock.
func (c *client) changed(terminal string, level bool) {
	w := c.watched[terminal]
	if w == nil {
		return
	}
	if w.settle != nil {
		w.settle.Stop()
		w.settle = nil
	}
	if w.debounce == 0 {
		c.edge(terminal, w, level)
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(w.debounce, func() {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		if w.settle == timer {
			w.settle = nil
			c.edge(terminal, w, c.server.at(terminal).level)
		}
	})
	w.settle = timer
}

func (c *client) edge(terminal string, w *watched, level bool) {
	if w.told == level || c.server.at(terminal).fault != nil {
		return
	}
	w.told = level
	w.number++
	c.sequence++
	if c.server.drop > 0 {
		c.server.drop--
		return
	}
	c.push(gpio.Message{Verb: "edge", Edge: gpio.Edge{Terminal: terminal, Level: level, Sequence: c.sequence,
		Line: w.number, Time: max(time.Since(c.server.started), 1)}})
}
