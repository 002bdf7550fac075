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

type rtuPacker struct{ *modbus.RTUClientHandler }

func (p rtuPacker) address(unit uint8) { p.SlaveId = unit }

type tcpPacker struct{ *modbus.TCPClientHandler }

func (p tcpPacker) address(unit uint8) { p.SlaveId = unit }

// NewRTU makes the bus on a serial line, which other protocols may share. name
// stands in errors. Does not block.
func NewRTU(name string, p *pair.Pair) *Bus {
	b := newBus(name, rtuPacker{modbus.NewRTUClientHandler("")})
	b.pair, b.wire = p, rtu{p}
	return b
}

// rtu is the serial wire.
type rtu struct{ *pair.Pair }

func (r rtu) exchange(ctx context.Context, request []byte, m Manners) ([]byte, error) {
	e, ok := expecting(request)
	if !ok {
		return nil, unsupported("function %d", request[1])
	}
	return r.Exchange(ctx, request, e, m)
}

func (r rtu) shut() error { return r.Close() }

// NewTCP makes the bus on a Modbus TCP server or gateway at host:port. It
// connects at the first use and again after the connection was lost. All units
// behind one gateway share one Bus. Does not block.
func NewTCP(name, address string) *Bus {
	b := newBus(name, tcpPacker{modbus.NewTCPClientHandler("")})
	b.wire = &tcp{bus: b, address: address}
	return b
}

func newBus(name string, p packer) *Bus {
	b := &Bus{name: name, packer: p, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// Read asks for count registers or bits from address on. Registers come high
// byte first, bits eight to a byte, lowest first.
func (b *Bus) Read(ctx context.Context, unit uint8, m Manners, t maps.Table, address, count uint16) ([]byte, error) {
	want := 2 * int(count)
	if t.Bits() {
		want = (int(count) + 7) / 8
	}
	data, err := b.run(ctx, unit, m, 0, func(c modbus.Client) ([]byte, error) {
		switch t {
		case maps.Coil:
			return c.ReadCoils(address, count)
		case maps.Discrete:
			return c.ReadDiscreteInputs(address, count)
		case maps.Holding:
			return c.ReadHoldingRegisters(address, count)
		case maps.Input:
			return c.ReadInputRegisters(address, count)
		}
		return nil, unsupported("no table %d", t)
	})
	if err == nil && len(data) != want {
		b.count(func(s *Stats) { s.Garbage++ })
		return nil, garbage("asked for %d bytes, got %d", want, len(data))
	}
	return data, err
}

// WriteCoil switches one coil.
func (b *Bus) WriteCoil(ctx context.Context, unit uint8, m Manners, address uint16, on bool) error {
	_, err := b.run(ctx, unit, m, m.Settle-m.Pause, func(c modbus.Client) ([]byte, error) {
		if on {
			return c.WriteSingleCoil(address, 0xff00)
		}
		return c.WriteSingleCoil(address, 0)
	})
	return err
}

// WriteRegisters sets registers from address on: one with function 6, several
// with function 16. Empty values do nothing.
func (b *Bus) WriteRegisters(ctx context.Context, unit uint8, m Manners, address uint16, values ...uint16) error {
	if len(values) == 0 {
		return nil
	}
	data := make([]byte, 0, 2*len(values))
	for _, v := range values {
		data = append(data, byte(v>>8), byte(v))
	}
	_, err := b.run(ctx, unit, m, m.Settle-m.Pause, func(c modbus.Client) ([]byte, error) {
		if len(values) == 1 {
			return c.WriteSingleRegister(address, values[0])
		}
		return c.WriteMultipleRegisters(address, uint16(len(values)), data)
	})
	return err
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

// Ask makes one exchange of a request that is coded already, function first, and
// gives the answer as it came, function first: an exception too, see Exception.
// driver.ErrUnsupported for a function whose answer cannot be told from others on a
// serial line; possible there are 1 to 6, 15, 16 and 43/14.
func (b *Bus) Ask(ctx context.Context, unit uint8, m Manners, request []byte) ([]byte, error) {
	if len(request) == 0 {
		return nil, unsupported("a request without a function")
	}
	settle := time.Duration(0)
	if f := request[0]; f == modbus.FuncCodeWriteSingleCoil || f == modbus.FuncCodeWriteSingleRegister || f == modbus.FuncCodeWriteMultipleCoils || f == modbus.FuncCodeWriteMultipleRegisters {
		settle = m.Settle - m.Pause
	}
	return b.hold(ctx, unit, m, settle, func(s sender) ([]byte, error) {
		frame, err := b.packer.Encode(&modbus.ProtocolDataUnit{FunctionCode: request[0], Data: request[1:]})
		if err != nil {
			return nil, unsupported("%v", err)
		}
		answer, err := s.Send(frame)
		if err != nil {
			return nil, err
		}
		pdu, err := b.packer.Decode(answer)
		if err != nil {
			return nil, garbage("%v", err)
		}
		return append([]byte{pdu.FunctionCode}, pdu.Data...), nil
	})
}

// run lets goburrow's client make one exchange, and classifies what went wrong.
// settle is what the unit needs afterwards beyond its pause.
func (b *Bus) run(ctx context.Context, unit uint8, m Manners, settle time.Duration, call func(modbus.Client) ([]byte, error)) ([]byte, error) {
	return b.hold(ctx, unit, m, settle, func(s sender) ([]byte, error) {
		data, err := call(modbus.NewClient2(b.packer, s))
		if err != nil {
			return nil, classify(err)
		}
		return data, nil
	})
}

// hold takes the bus for one exchange with a unit that has had its pause.
func (b *Bus) hold(ctx context.Context, unit uint8, m Manners, settle time.Duration, exchange func(sender) ([]byte, error)) ([]byte, error) {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return nil, timeout("bus %s was busy", b.name)
	}
	defer func() { b.turn <- struct{}{} }()
	if b.closed {
		return nil, disconnect("bus %s is closed", b.name)
	}
	if err := pair.Rest(ctx, b.done[unit].Add(m.Pause)); err != nil {
		return nil, err
	}
	b.packer.address(unit)
	m.Timeout = max(m.Timeout, time.Millisecond)
	defer func() { b.done[unit] = time.Now().Add(max(0, settle)) }()
	return exchange(sender{ctx, b, m})
}

// sender is the Transporter of one call: it carries the call's deadline.
type sender struct {
	ctx context.Context
	bus *Bus
	m   Manners
}

func (s sender) Send(request []byte) ([]byte, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, timeout("no time left: %v", err)
	}
	reply, err := s.bus.wire.exchange(s.ctx, request, s.m)
	if err == nil {
		s.bus.count(func(st *Stats) { st.Replies++ })
	}
	return reply, err
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
