package snmptest

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"
)

// largestAnswer is what a cautious agent sends: one Ethernet frame.
const largestAnswer = 1472

// mostRepetitions bounds what a GETBULK may ask for.
const mostRepetitions = 100

// Serve answers on conn until it is closed, then returns nil. One request at a
// time: a slow agent is slow for everybody.
func (a *Agent) Serve(conn net.PacketConn) error {
	buffer := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, b := range a.Answers(slices.Clone(buffer[:n])) {
			if _, err := conn.WriteTo(b, from); errors.Is(err, net.ErrClosed) {
				return nil
			}
		}
	}
}

// Answers gives the datagrams that go back for one request; none for what an
// agent does not answer: a wrong community, another version, no SNMP at all.
func (a *Agent) Answers(request []byte) [][]byte {
	a.mu.Lock()
	fault, delay := a.fault, a.delay
	a.mu.Unlock()
	p := a.read(request)
	if p == nil || fault == Silent {
		return nil
	}
	time.Sleep(delay)
	answer := a.answer(p, fault)
	a.mu.Lock()
	a.requests++
	a.largest = max(a.largest, len(answer))
	a.mu.Unlock()
	noise := []byte{0x30, 0x82, 0x7f, 0xff, 0, 1, 2}
	switch fault {
	case Garbage:
		return [][]byte{noise, answer}
	case Nonsense:
		return [][]byte{noise}
	case ForeignID:
		other := *p
		other.RequestID++
		return [][]byte{a.answer(&other, None), answer}
	}
	return [][]byte{answer}
}

// read decodes a request that is meant for this agent.
func (a *Agent) read(b []byte) (p *gosnmp.SnmpPacket) {
	defer func() {
		if recover() != nil {
			p = nil
		}
	}()
	p, err := a.codec.SnmpDecodePacket(b)
	if err != nil || p.Version != gosnmp.Version2c || p.Community != a.community {
		return nil
	}
	switch p.PDUType {
	case gosnmp.GetRequest, gosnmp.GetNextRequest, gosnmp.GetBulkRequest, gosnmp.SetRequest:
		return p
	}
	return nil
}

func (a *Agent) answer(p *gosnmp.SnmpPacket, fault Fault) []byte {
	out := gosnmp.SnmpPacket{Version: p.Version, Community: p.Community, PDUType: gosnmp.GetResponse, RequestID: p.RequestID}
	switch {
	case fault == Error:
		out.Error, out.ErrorIndex, out.Variables = gosnmp.GenErr, 1, p.Variables
	case p.PDUType == gosnmp.SetRequest:
		out.Error, out.ErrorIndex, out.Variables = gosnmp.NotWritable, 1, p.Variables
	case p.PDUType == gosnmp.GetBulkRequest:
		out.Variables = a.bulk(p, fault)
	default:
		for _, v := range p.Variables {
			out.Variables = append(out.Variables, a.one(v.Name, p.PDUType == gosnmp.GetNextRequest, fault))
		}
	}
	if fault == OtherItems && len(out.Variables) > 0 {
		out.Variables[0].Name += ".99"
	}
	return fit(&out, p)
}

// fit codes the answer; one that is too long loses its last items when it is a
// GETBULK's, and becomes tooBig otherwise.
func fit(out, p *gosnmp.SnmpPacket) []byte {
	for {
		b, err := out.MarshalMsg()
		switch {
		case err != nil:
			return nil
		case len(b) <= largestAnswer:
			return b
		case p.PDUType == gosnmp.GetBulkRequest && len(out.Variables) > 1:
			out.Variables = out.Variables[:len(out.Variables)*9/10]
		default:
			out.Error, out.ErrorIndex, out.Variables = gosnmp.TooBig, 0, nil
		}
	}
}

// bulk answers non-repeaters once and the others up to max-repetitions times.
func (a *Agent) bulk(p *gosnmp.SnmpPacket, fault Fault) []gosnmp.SnmpPDU {
	single := min(int(p.NonRepeaters), len(p.Variables))
	var all []gosnmp.SnmpPDU
	for _, v := range p.Variables[:single] {
		all = append(all, a.one(v.Name, true, fault))
	}
	at := slices.Clone(p.Variables[single:])
	for range min(p.MaxRepetitions, mostRepetitions) {
		ended := true
		for i := range at {
			at[i] = a.one(at[i].Name, true, fault)
			ended = ended && at[i].Type == gosnmp.EndOfMibView
			all = append(all, at[i])
		}
		if ended {
			break
		}
	}
	return all
}

// one looks up an object, or the next one after it.
func (a *Agent) one(oid string, next bool, fault Fault) gosnmp.SnmpPDU {
	path, err := parse(oid)
	if err != nil {
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.NoSuchObject}
	}
	a.mu.Lock()
	i, there := slices.BinarySearchFunc(a.objects, path, func(o object, p []uint32) int { return slices.Compare(o.path, p) })
	if next && there && fault != StandsStill {
		i++
	}
	if next {
		there = i < len(a.objects)
	}
	var o object
	if there {
		o = a.objects[i]
	}
	known := i < len(a.objects) && sameObject(a.objects[i].path, path) || i > 0 && sameObject(a.objects[i-1].path, path)
	a.mu.Unlock()
	switch {
	case there:
		v := o.get()
		return gosnmp.SnmpPDU{Name: o.oid, Type: v.kind, Value: v.of}
	case next:
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.EndOfMibView}
	case known:
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.NoSuchInstance}
	}
	return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.NoSuchObject}
}

// sameObject is true for two instances of one object.
func sameObject(a, b []uint32) bool {
	n := min(len(a), len(b))
	return n > 2 && slices.Equal(a[:n-1], b[:n-1])
}
