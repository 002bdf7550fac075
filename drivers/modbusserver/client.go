package modbusserver

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"watchbox/firmware/driver"
)

// How long a master may be quiet between requests, and within one.
const (
	idleLimit  = 5 * time.Minute
	frameLimit = 5 * time.Second // for the rest of a request that has begun, and to take an answer
)

// How often it may ask: so many requests at once, then one in each gap. A faster
// one waits; nothing is lost.
const (
	burst = 100
	gap   = 20 * time.Millisecond
)

// The envelope of Modbus TCP: transaction, protocol 0, length of what follows it,
// unit ("MODBUS messaging on TCP/IP implementation guide" V1.0b, 3.1.3).
const (
	headerSize  = 7
	mostRequest = 253 // bytes of a PDU
)

// client is one connected master.
type client struct {
	conn  net.Conn
	from  netip.Addr
	unit  func(byte) Unit
	log   driver.Log
	heard atomic.Int64 // when it last asked, in Unix nanoseconds
	pace  pace
}

// serve answers request after request until the master goes, is quiet for too
// long, or sends what is no Modbus: then nobody knows where the next request
// begins. A fault of ours costs this connection and nothing else.
func (k *client) serve() {
	defer func() {
		if p := recover(); p != nil {
			k.log("modbus server: %v: panic: %v", k.from, p)
		}
	}()
	for {
		header, request, err := k.receive()
		if err != nil {
			return
		}
		k.heard.Store(time.Now().UnixNano())
		time.Sleep(k.pace.wait(time.Now()))
		answer := k.answer(header[6], request)
		if answer == nil {
			continue
		}
		if err := k.send(header, answer); err != nil {
			return
		}
	}
}

var errNoModbus = errors.New("not Modbus TCP")

func (k *client) receive() (header [headerSize]byte, request []byte, err error) {
	k.conn.SetReadDeadline(time.Now().Add(idleLimit))
	if _, err = io.ReadFull(k.conn, header[:1]); err != nil {
		return header, nil, err
	}
	k.conn.SetReadDeadline(time.Now().Add(frameLimit))
	if _, err = io.ReadFull(k.conn, header[1:]); err != nil {
		return header, nil, err
	}
	n := int(binary.BigEndian.Uint16(header[4:])) - 1 // the unit is counted too
	if binary.BigEndian.Uint16(header[2:]) != 0 || n < 1 || n > mostRequest {
		return header, nil, errNoModbus
	}
	request = make([]byte, n)
	_, err = io.ReadFull(k.conn, request)
	return header, request, err
}

// answer is that of the unit; there is no way to one that does not exist.
func (k *client) answer(unit byte, request []byte) []byte {
	u := k.unit(unit)
	if u == nil {
		return exception(request[0], noPath)
	}
	return u.Answer(k.from.String(), request)
}

// send puts the envelope of the request round the answer.
func (k *client) send(header [headerSize]byte, answer []byte) error {
	binary.BigEndian.PutUint16(header[4:], uint16(len(answer)+1))
	k.conn.SetWriteDeadline(time.Now().Add(frameLimit))
	_, err := k.conn.Write(append(header[:], answer...))
	return err
}

// pace is when the next request is due.
type pace struct{ due time.Time }

// wait is how long this request has to wait.
func (p *pace) wait(now time.Time) time.Duration {
	if earliest := now.Add(-burst * gap); p.due.Before(earliest) {
		p.due = earliest
	}
	p.due = p.due.Add(gap)
	return p.due.Sub(now)
}
