package gpiotest

import (
	"context"
	"net"
	"sync"
)

// Pipe is a listener whose connections never leave the process, for tests with
// fake time.
type Pipe struct {
	calls chan net.Conn
	end   chan struct{}
	once  sync.Once
}

// NewPipe makes one; Dial reaches who accepts on it.
func NewPipe() *Pipe { return &Pipe{calls: make(chan net.Conn), end: make(chan struct{})} }

// Dial connects; it meets gpio.Dial.
func (p *Pipe) Dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.calls <- far:
		return near, nil
	case <-p.end:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next Dial.
func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.end:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial.
func (p *Pipe) Close() error {
	p.once.Do(func() { close(p.end) })
	return nil
}

// Addr names the pipe.
func (p *Pipe) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "simulated room" }
