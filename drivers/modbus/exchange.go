package modbus

import (
	"context"
	"time"

	"github.com/goburrow/modbus"

	"watchbox/drivers/pair"
)

// writing are the functions after which a unit may have to settle.
var writing = []byte{modbus.FuncCodeWriteSingleCoil, modbus.FuncCodeWriteSingleRegister, modbus.FuncCodeWriteMultipleCoils, modbus.FuncCodeWriteMultipleRegisters}

// run lets goburrow's client make one exchange, and classifies what went wrong.
func (b *Bus) run(ctx context.Context, unit uint8, m Manners, writes bool, call func(modbus.Client) ([]byte, error)) ([]byte, error) {
	return b.hold(ctx, unit, m, writes, func(s sender) ([]byte, error) {
		data, err := call(modbus.NewClient2(b.packer, s))
		if err != nil {
			return nil, classify(err)
		}
		return data, nil
	})
}

// hold takes the bus for one exchange with a unit that has had its pause. After one
// that writes the unit has its time to settle, or the pause where that is longer.
func (b *Bus) hold(ctx context.Context, unit uint8, m Manners, writes bool, exchange func(sender) ([]byte, error)) ([]byte, error) {
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
	defer func() {
		b.done[unit] = time.Now()
		if writes {
			b.done[unit] = b.done[unit].Add(max(0, m.Settle-m.Pause))
		}
	}()
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
