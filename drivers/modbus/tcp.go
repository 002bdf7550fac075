package modbus

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/goburrow/modbus"

	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
)

const (
	// connectLimit is the longest that a connection may take to come up.
	connectLimit = time.Second
	// headerLength is that of the envelope on TCP: transaction, protocol, length, unit.
	headerLength = 7
	// silences is after how many requests in a row without a single byte the
	// connection is made anew.
	silences = 3
	// envelopeLimit is the longest answer, envelope included (messaging guide V1.0b, 4.1).
	envelopeLimit = 260
)

// tcp is the connection to a server or a gateway.
type tcp struct {
	bus     *Bus
	address string
	conn    net.Conn // nil when it must be made
	input   []byte   // received and not yet taken; survives a time-out in the middle of a frame
	silent  int      // requests in a row without a byte
}

// exchange sends the request and waits for the answer with its transaction number.
func (t *tcp) exchange(ctx context.Context, request []byte, m Manners) ([]byte, error) {
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	conn := t.conn
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	began := time.Now()
	reply, err := t.converse(ctx, request, m)
	t.conclude(request, reply, err, time.Since(began))
	if errors.Is(err, driver.ErrDisconnect) || errors.Is(err, driver.ErrGarbage) || t.silent >= silences {
		t.shut()
	}
	return reply, err
}

func (t *tcp) converse(ctx context.Context, request []byte, m Manners) ([]byte, error) {
	end := pair.Limit(ctx)
	if err := t.conn.SetWriteDeadline(end); err != nil {
		return nil, t.lost(err)
	}
	if _, err := t.conn.Write(request); err != nil {
		return nil, t.lost(err)
	}
	t.bus.count(func(s *Stats) { s.Requests++ })
	t.tell(bus.Sent, request, request, 0)
	by, got := earlier(time.Now().Add(m.Timeout), end), false
	for {
		reply, err := t.take(request)
		if reply != nil || err != nil {
			return reply, err
		}
		n, err := t.read(ctx, by)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, t.missed(m, got)
		}
		got, t.silent = true, 0
	}
}

func slaveOf(frame []byte) bus.Slave { return bus.Slave{Protocol: bus.ModbusTCP, Unit: int(frame[6])} }

// tell tells of bytes in the course of a request, or of a late frame.
func (t *tcp) tell(k bus.Kind, of, data []byte, wait time.Duration) {
	if m := &t.bus.monitor; m.Listening() {
		m.Tell(bus.Frame{At: time.Now(), Kind: k, Slave: slaveOf(of), Data: data, Wait: wait})
	}
}

// conclude notes how the exchange went. What it takes on a network is not to be
// computed: the ceiling is what those took that were answered.
func (t *tcp) conclude(request, reply []byte, err error, took time.Duration) {
	o := bus.Outcome{Slave: slaveOf(request), End: bus.Answer, Turn: took, Ideal: took, Busy: took}
	switch {
	case err == nil:
		t.tell(bus.Answer, request, reply, took)
	case errors.Is(err, driver.ErrGarbage):
		o.End = bus.Noise
	default:
		o.End = bus.Silence
		t.tell(bus.Silence, request, nil, took)
	}
	t.bus.monitor.Count(o)
}

// missed is the end of an exchange without its answer. The connection stays: the
// late answer will be known by its number. Three in a row mean a dead peer.
func (t *tcp) missed(m Manners, got bool) error {
	t.bus.count(func(s *Stats) { s.Timeouts++ })
	if got {
		return timeout("timeout after %v, only other answers", m.Timeout)
	}
	t.silent++
	return timeout("timeout after %v", m.Timeout)
}

// take looks for the answer among the whole frames received and drops all others.
func (t *tcp) take(request []byte) ([]byte, error) {
	for {
		frame, rest, ok := cut(t.input)
		if !ok {
			t.bus.count(func(s *Stats) { s.Garbage++ })
			t.tell(bus.Noise, request, t.input, 0)
			return nil, garbage("not Modbus TCP: % x", t.input[:min(len(t.input), 12)])
		}
		if frame == nil {
			return nil, nil
		}
		t.input = rest
		if answers(request, frame) {
			return frame, nil
		}
		t.bus.count(func(s *Stats) { s.Late++ })
		t.bus.monitor.CountBetween(slaveOf(frame), bus.Late, 0)
		t.tell(bus.Late, frame, frame, 0)
	}
}

// cut takes the first frame off b. frame is nil when it is not whole yet; ok is
// false when b cannot be a frame: the stream has lost its step. Pure.
func cut(b []byte) (frame, rest []byte, ok bool) {
	if len(b) >= 4 && (b[2] != 0 || b[3] != 0) {
		return nil, b, false
	}
	if len(b) < headerLength {
		return nil, b, true
	}
	n := 6 + int(b[4])<<8 + int(b[5])
	switch {
	case n < headerLength+2 || n > envelopeLimit:
		return nil, b, false
	case len(b) < n:
		return nil, b, true
	}
	return append([]byte(nil), b[:n]...), b[n:], true
}

// answers is true when transaction, unit and function fit. Both are whole frames.
func answers(request, frame []byte) bool {
	return frame[0] == request[0] && frame[1] == request[1] && frame[6] == request[6] && frame[7]&0x7f == request[7]
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

type tcpPacker struct{ *modbus.TCPClientHandler }

func (p tcpPacker) address(unit uint8) { p.SlaveId = unit }

// NewTCP makes the bus on a Modbus TCP server or gateway at host:port. It
// connects at the first use and again after the connection was lost. All units
// behind one gateway share one Bus. Does not block.
func NewTCP(name, address string) *Bus {
	b := newBus(name, tcpPacker{modbus.NewTCPClientHandler("")})
	b.wire = &tcp{bus: b, address: address}
	return b
}
