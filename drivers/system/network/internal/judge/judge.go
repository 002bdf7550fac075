// Package judge runs packets through nftables expressions as the kernel does, so
// that the rules can be held against their meaning without being root.
package judge

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Packet is what the rules look at. State 0 is a new connection.
type Packet struct {
	Interface      string
	From           netip.Addr
	Protocol       byte
	Origin, Target uint16 // ports
	Type           byte   // of ICMP
	State          uint32
}

// Accepts is true when a rule lets the packet in; the policy is to drop.
func Accepts(t *testing.T, rules [][]expr.Any, p Packet) bool {
	t.Helper()
	if p.State == 0 {
		p.State = expr.CtStateBitNEW
	}
	for _, rule := range rules {
		if verdict := p.run(t, rule); verdict != nil {
			return verdict.Kind == expr.VerdictAccept
		}
	}
	return false
}

// run is the verdict of one rule; nil when it does not fit.
func (p Packet) run(t *testing.T, rule []expr.Any) *expr.Verdict {
	t.Helper()
	var register []byte
	for _, e := range rule {
		switch e := e.(type) {
		case *expr.Meta:
			register = p.meta(t, e.Key)
		case *expr.Ct:
			register = binary.NativeEndian.AppendUint32(nil, p.State)
		case *expr.Payload:
			if register = p.payload(e); register == nil {
				return nil
			}
		case *expr.Bitwise:
			masked := make([]byte, e.Len)
			for i := range masked {
				masked[i] = register[i]&e.Mask[i] ^ e.Xor[i]
			}
			register = masked
		case *expr.Cmp:
			if bytes.Equal(register, e.Data) != (e.Op == expr.CmpOpEq) {
				return nil
			}
		case *expr.Limit: // the first packet is within it
		case *expr.Verdict:
			return e
		default:
			t.Fatalf("an expression of kind %T", e)
		}
	}
	return nil
}

func (p Packet) meta(t *testing.T, key expr.MetaKey) []byte {
	switch key {
	case expr.MetaKeyIIFNAME:
		name := make([]byte, unix.IFNAMSIZ)
		copy(name, p.Interface)
		return name
	case expr.MetaKeyL4PROTO:
		return []byte{p.Protocol}
	case expr.MetaKeyNFPROTO:
		if p.From.Is4() {
			return []byte{unix.NFPROTO_IPV4}
		}
		return []byte{unix.NFPROTO_IPV6}
	}
	t.Fatalf("meta key %v", key)
	return nil
}

func (p Packet) payload(e *expr.Payload) []byte {
	header := make([]byte, 40)
	if e.Base == expr.PayloadBaseNetworkHeader {
		at := 12 // of the sender in IPv4
		if p.From.Is6() {
			at = 8
		}
		copy(header[at:], p.From.AsSlice())
	} else if p.Protocol == unix.IPPROTO_ICMP || p.Protocol == unix.IPPROTO_ICMPV6 {
		header[0] = p.Type
	} else {
		binary.BigEndian.PutUint16(header, p.Origin)
		binary.BigEndian.PutUint16(header[2:], p.Target)
	}
	return header[e.Offset : e.Offset+e.Len]
}
