package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"watchbox/firmware/config"
)

// tableName is our table. Nobody else has one on the box.
const tableName = "watchbox"

// echoes is how many echo requests a second are answered.
const echoes = 20

// Guard puts the firewall in force, in one step: what comes in is dropped but for
// the box's own answers, echo requests within bounds, what the servers of the
// site file ask for, and DHCP; nothing passes through. Needs CAP_NET_ADMIN.
func Guard(servers []config.Server) error {
	c, err := nftables.New()
	if err != nil {
		return fmt.Errorf("firewall: %w", err)
	}
	drop := nftables.ChainPolicyDrop
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: tableName})
	c.DelTable(table)
	table = c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: tableName})
	c.AddChain(&nftables.Chain{Name: "forward", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookForward,
		Priority: nftables.ChainPriorityFilter, Policy: &drop})
	input := c.AddChain(&nftables.Chain{Name: "input", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput,
		Priority: nftables.ChainPriorityFilter, Policy: &drop})
	for _, exprs := range rules(servers) {
		c.AddRule(&nftables.Rule{Table: table, Chain: input, Exprs: exprs})
	}
	if err := c.Flush(); err != nil {
		return fmt.Errorf("firewall: %w", err)
	}
	return nil
}

// rules of the way in, each ending in "accept" or "drop". Pure.
func rules(servers []config.Server) (list [][]expr.Any) {
	add := func(verdict expr.VerdictKind, parts ...[]expr.Any) {
		var all []expr.Any
		for _, p := range parts {
			all = append(all, p...)
		}
		list = append(list, append(all, &expr.Verdict{Kind: verdict}))
	}
	add(expr.VerdictAccept, from("lo"))
	add(expr.VerdictAccept, state(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED))
	add(expr.VerdictDrop, state(expr.CtStateBitINVALID))
	add(expr.VerdictAccept, meta(expr.MetaKeyL4PROTO, unix.IPPROTO_ICMP), transport(0, 8), limit())
	add(expr.VerdictAccept, meta(expr.MetaKeyL4PROTO, unix.IPPROTO_ICMPV6), transport(0, 128), limit())
	add(expr.VerdictAccept, meta(expr.MetaKeyL4PROTO, unix.IPPROTO_ICMPV6), transport(0, 135)) // neighbours ask
	add(expr.VerdictAccept, meta(expr.MetaKeyL4PROTO, unix.IPPROTO_ICMPV6), transport(0, 136)) // and answer
	add(expr.VerdictAccept, meta(expr.MetaKeyL4PROTO, unix.IPPROTO_UDP), transport(0, port(67)...), transport(2, port(68)...))
	for _, s := range servers {
		where := [][]expr.Any{from(s.Access.Interface), meta(expr.MetaKeyL4PROTO, protocols[s.Protocol]), transport(2, port(s.Port)...)}
		if len(s.Access.From) == 0 {
			add(expr.VerdictAccept, where...)
		}
		for _, p := range s.Access.Prefixes() {
			add(expr.VerdictAccept, append([][]expr.Any{source(p)}, where...)...)
		}
	}
	return list
}

var protocols = map[string]byte{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP}

func port(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

// equal compares what the last expression loaded.
func equal(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }

// from is an interface; empty is any.
func from(name string) []expr.Any {
	if name == "" {
		return nil
	}
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1}, equal(padded)}
}

func meta(key expr.MetaKey, value byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, equal([]byte{value})}
}

// transport compares bytes of the transport header.
func transport(offset uint32, data ...byte) []expr.Any {
	return []expr.Any{&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: uint32(len(data))}, equal(data)}
}

// state is true for a connection in one of these states.
func state(bits uint32) []expr.Any {
	return []expr.Any{&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binary.NativeEndian.AppendUint32(nil, bits), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 4)}}
}

func limit() []expr.Any {
	return []expr.Any{&expr.Limit{Type: expr.LimitTypePkts, Rate: echoes, Unit: expr.LimitTimeSecond, Burst: echoes}}
}

// source is true for a sender in the network.
func source(p netip.Prefix) []expr.Any {
	size, offset, proto := 4, uint32(12), byte(unix.NFPROTO_IPV4)
	if !p.Addr().Is4() {
		size, offset, proto = 16, 8, unix.NFPROTO_IPV6
	}
	mask := make([]byte, size)
	for i := range p.Bits() {
		mask[i/8] |= 1 << (7 - i%8)
	}
	return append(meta(expr.MetaKeyNFPROTO, proto),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: uint32(size)},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: uint32(size), Mask: mask, Xor: make([]byte, size)}, equal(p.Masked().Addr().AsSlice()))
}
