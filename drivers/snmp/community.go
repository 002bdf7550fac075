package snmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
)

// longest is the longest answer that is read. Requests are small enough that an
// honest agent stays far below; a longer datagram is cut and does not decode.
const longest = 8 << 10

var buffers = sync.Pool{New: func() any { return new([longest]byte) }}

// community is SNMPv2c. The PDUs are coded by gosnmp; the exchange is ours,
// because gosnmp's own gives up on the first datagram that it cannot read, takes
// a request id of 0 for any answer and formats each packet for a log that nobody
// keeps. Here a foreign datagram is passed over until the deadline.
type community struct {
	address string
	secret  string
	codec   gosnmp.GoSNMP
	conn    net.Conn
	id      uint32
}

func newCommunity(address, secret string) *community {
	return &community{address: address, secret: secret, id: rand.Uint32(),
		codec: gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: secret}}
}

func (c *community) close() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn = nil
	return err
}

func (c *community) ask(ctx context.Context, r *request) ([]gosnmp.SnmpPDU, error) {
	if c.conn == nil {
		conn, err := dial(ctx, c.address)
		if err != nil {
			return nil, err
		}
		c.conn = conn
	}
	answer, err := c.exchange(ctx, r)
	if err != nil {
		c.close() // a late answer must not meet the next question
		return nil, err
	}
	return answer.Variables, refusal(answer)
}

func (c *community) exchange(ctx context.Context, r *request) (*gosnmp.SnmpPacket, error) {
	if err := c.encode(r); err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.conn.SetDeadline(deadline); err != nil {
			return nil, classify(ctx, err)
		}
	}
	defer cutShort(ctx, c.conn)()
	c.id++
	id := fourBytes | c.id&(fourBytes-1)
	binary.BigEndian.PutUint32(r.encoded[r.idAt:], id)
	if _, err := c.conn.Write(r.encoded); err != nil {
		return nil, classify(ctx, err)
	}
	return c.listen(ctx, id)
}

// listen waits for the answer with the id.
func (c *community) listen(ctx context.Context, id uint32) (*gosnmp.SnmpPacket, error) {
	buffer := buffers.Get().(*[longest]byte)
	defer buffers.Put(buffer)
	var garbage error
	for {
		n, err := c.conn.Read(buffer[:])
		if err != nil {
			if err = classify(ctx, err); garbage != nil {
				err = fmt.Errorf("%v, after %w", err, garbage)
			}
			return nil, err
		}
		p, err := decode(&c.codec, bytes.Clone(buffer[:n]))
		if err != nil {
			garbage = err
			continue
		}
		if p.PDUType == gosnmp.GetResponse && p.RequestID == id && p.Version == gosnmp.Version2c {
			return p, nil
		}
	}
}

// fourBytes is the smallest request id that BER writes in four bytes whatever
// follows: ids from here up can be put in place without coding again.
const fourBytes = 1 << 30

// encode fills r.encoded once.
func (c *community) encode(r *request) error {
	if r.encoded != nil {
		return nil
	}
	p := gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: c.secret, RequestID: fourBytes, PDUType: gosnmp.GetRequest}
	if r.repeat > 0 {
		p.PDUType, p.MaxRepetitions = gosnmp.GetBulkRequest, r.repeat
	}
	for _, o := range r.oids {
		p.Variables = append(p.Variables, gosnmp.SnmpPDU{Name: o, Type: gosnmp.Null})
	}
	b, err := p.MarshalMsg()
	if err != nil {
		return fmt.Errorf("encode request: %w: %w", driver.ErrUnsupported, err)
	}
	at := len(c.secret) // the community comes first and could hold the same bytes
	i := bytes.Index(b[at:], []byte{2, 4, 0x40, 0, 0, 0})
	if i < 0 {
		return fmt.Errorf("encode request: request id not found: %w", driver.ErrUnsupported)
	}
	r.encoded, r.idAt = b, at+i+2
	return nil
}

// decode reads one message. Whatever the bytes are, it answers with a packet or
// with driver.ErrGarbage.
func decode(codec *gosnmp.GoSNMP, b []byte) (p *gosnmp.SnmpPacket, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("decode %d bytes: %v: %w", len(b), r, driver.ErrGarbage)
		}
	}()
	p, err = codec.SnmpDecodePacket(b)
	if err != nil {
		return nil, fmt.Errorf("decode %d bytes: %v: %w", len(b), err, driver.ErrGarbage)
	}
	return p, nil
}
