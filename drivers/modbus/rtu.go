package modbus

import (
	"context"

	"github.com/goburrow/modbus"

	"watchbox/drivers/pair"
)

type rtuPacker struct{ *modbus.RTUClientHandler }

func (p rtuPacker) address(unit uint8) { p.SlaveId = unit }

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
