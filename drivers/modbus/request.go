package modbus

import (
	"context"
	"slices"

	"github.com/goburrow/modbus"

	"watchbox/drivers/maps"
)

// Read asks for count registers or bits from address on. Registers come high
// byte first, bits eight to a byte, lowest first.
func (b *Bus) Read(ctx context.Context, unit uint8, m Manners, t maps.Table, address, count uint16) ([]byte, error) {
	want := 2 * int(count)
	if t.Bits() {
		want = (int(count) + 7) / 8
	}
	data, err := b.run(ctx, unit, m, false, func(c modbus.Client) ([]byte, error) {
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
	_, err := b.run(ctx, unit, m, true, func(c modbus.Client) ([]byte, error) {
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
	_, err := b.run(ctx, unit, m, true, func(c modbus.Client) ([]byte, error) {
		if len(values) == 1 {
			return c.WriteSingleRegister(address, values[0])
		}
		return c.WriteMultipleRegisters(address, uint16(len(values)), data)
	})
	return err
}

// Ask makes one exchange of a request that is coded already, function first, and
// gives the answer as it came, function first: an exception too, see Exception.
// driver.ErrUnsupported for a function whose answer cannot be told from others on a
// serial line; possible there are 1 to 6, 15, 16 and 43/14.
func (b *Bus) Ask(ctx context.Context, unit uint8, m Manners, request []byte) ([]byte, error) {
	if len(request) == 0 {
		return nil, unsupported("a request without a function")
	}
	return b.hold(ctx, unit, m, slices.Contains(writing, request[0]), func(s sender) ([]byte, error) {
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
