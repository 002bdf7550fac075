// Package modbus reads and writes devices over Modbus RTU and TCP. The coding of
// requests, the packagers and the client are goburrow's; the transporters are
// ours, as only they can keep a wire in order: on a serial line that is package
// pair, with the answer known by unit, function, length and check sum; on TCP a
// late answer has an old transaction number and is thrown away.
//
// A Bus is one wire. Devices on it are asked one at a time; scan does that, and
// the Bus holds a lock against everybody else. Nothing here starts a goroutine or
// tries twice. RTU has no transaction number: a frame that is late by more than
// the quarantine and alike in unit, function and length cannot be told from the
// right one; see domain/standards.md, last paragraph.
package modbus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/goburrow/modbus"

	"watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
)

// Manners are what one device needs from whoever talks to it.
type Manners = pair.Manners

// Stats counts what a Bus and its wire went through since they were made.
type Stats struct {
	pair.Stats        // of all that share the wire
	Replies    uint64 // taken, exceptions included
}

// Bus is one wire or one connection. Its methods may be called from any
// goroutine; they wait for each other, at most until their context's deadline.
type Bus struct {
	name   string
	pair   *pair.Pair // nil on TCP
	turn   chan struct{}
	wire   wire
	packer packer
	done   [256]time.Time // end of the last exchange per unit, what it needs to settle included
	closed bool

	counting sync.Mutex
	stats    Stats
	monitor  bus.Monitor // of a connection; a serial line has its own
}

// Monitor shows what is on the wire. Never blocks.
func (b *Bus) Monitor() *bus.Monitor {
	if b.pair != nil {
		return b.pair.Monitor()
	}
	return &b.monitor
}

// wire carries one request and its answer, both with their envelope.
type wire interface {
	exchange(ctx context.Context, request []byte, m Manners) ([]byte, error)
	shut() error
}

// packer is a goburrow packager whose unit can be set.
type packer interface {
	modbus.Packager
	address(unit uint8)
}

func newBus(name string, p packer) *Bus {
	b := &Bus{name: name, packer: p, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// Stats is a copy of the counters.
func (b *Bus) Stats() Stats {
	b.counting.Lock()
	defer b.counting.Unlock()
	s := b.stats
	if b.pair != nil {
		s.Stats = b.pair.Stats()
		s.Garbage += b.stats.Garbage
	}
	return s
}

func (b *Bus) count(f func(*Stats)) {
	b.counting.Lock()
	defer b.counting.Unlock()
	f(&b.stats)
}

// Close waits for a running exchange, then closes the port. Later calls fail.
func (b *Bus) Close() error {
	<-b.turn
	defer func() { b.turn <- struct{}{} }()
	b.closed = true
	return b.wire.shut()
}

// reach is the longest that one exchange may take, with the device's pause and
// the quarantine after silence: the Timeout of a block.
func (b *Bus) reach(t maps.Table, count int, m Manners) time.Duration {
	if b == nil || b.pair == nil {
		return b.Reach(m)
	}
	reply := 5 + 2*count
	if t.Bits() {
		reply = 5 + (count+7)/8
	}
	return max(m.Pause, m.Settle) + b.pair.Reach(8+reply, m)
}

// Reach is the longest that one exchange of any length may take, as long as nobody
// else has the bus.
func (b *Bus) Reach(m Manners) time.Duration {
	if b == nil || b.pair == nil {
		return max(m.Pause, m.Settle) + max(m.Worst, m.Timeout) + pair.Slack + connectLimit
	}
	return max(m.Pause, m.Settle) + b.pair.Reach(2*longestFrame, m)
}

func (b *Bus) String() string { return fmt.Sprintf("modbus bus %s", b.name) }
