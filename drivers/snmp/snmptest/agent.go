// Package snmptest is an SNMPv2c agent for tests and for the simulated site: it
// answers GET, GETNEXT and GETBULK from a table of getters, as an honest agent
// does, and can be told to misbehave.
package snmptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"
)

// Value is what one object gives. Make it with the functions below.
type Value struct {
	kind gosnmp.Asn1BER
	of   any
}

// Integer, Text, Count64, Count32, Gauge and ObjectID make values.
func Integer(i int) Value { return Value{gosnmp.Integer, i} }

// Text is an octet string.
func Text(s string) Value { return Value{gosnmp.OctetString, []byte(s)} }

// Count64 is a Counter64.
func Count64(n uint64) Value { return Value{gosnmp.Counter64, n} }

// Count32 is a Counter32.
func Count32(n uint32) Value { return Value{gosnmp.Counter32, n} }

// Gauge is a Gauge32.
func Gauge(n uint32) Value { return Value{gosnmp.Gauge32, n} }

// ObjectID is an OBJECT IDENTIFIER such as ".1.3.6.1.4.1.8072".
func ObjectID(oid string) Value { return Value{gosnmp.ObjectIdentifier, oid} }

// Ticks is a time in hundredths of a second, which wraps after 497 days.
func Ticks(d time.Duration) Value {
	return Value{gosnmp.TimeTicks, uint32(d / (10 * time.Millisecond))}
}

// object is one line of the table.
type object struct {
	path []uint32
	oid  string
	get  func() Value
}

// Fault is what an agent does wrong.
type Fault uint8

// The faults.
const (
	None        Fault = iota
	Silent            // no answer at all
	Garbage           // a datagram that is not SNMP, then the answer
	Nonsense          // only a datagram that is not SNMP
	ForeignID         // an answer to another question first, then the right one
	StandsStill       // GETNEXT and GETBULK give the object asked for
	Error             // genErr
	OtherItems        // answers with other objects than asked for
)

// Agent answers. The zero Agent is not ready; use New. All methods may be called
// from any goroutine; getters are called by the goroutine that serves.
type Agent struct {
	community string
	codec     gosnmp.GoSNMP

	mu       sync.Mutex
	objects  []object // by path
	fault    Fault
	delay    time.Duration
	requests int
	largest  int
}

// New makes an agent without objects.
func New(community string) *Agent {
	return &Agent{community: community, codec: gosnmp.GoSNMP{Version: gosnmp.Version2c}}
}

// Handle sets the getter of an object, given by its full OID with instance. An
// OID that is not one panics: that is a mistake in the caller's program.
func (a *Agent) Handle(oid string, get func() Value) {
	path, err := parse(oid)
	if err != nil {
		panic(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o := object{path: path, oid: write(path), get: get}
	i, there := slices.BinarySearchFunc(a.objects, path, func(o object, p []uint32) int { return slices.Compare(o.path, p) })
	if there {
		a.objects[i] = o
		return
	}
	a.objects = slices.Insert(a.objects, i, o)
}

// Set gives an object a fixed value.
func (a *Agent) Set(oid string, v Value) { a.Handle(oid, func() Value { return v }) }

// Remove takes away every object at or below the OID.
func (a *Agent) Remove(oid string) {
	path, err := parse(oid)
	if err != nil {
		panic(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects = slices.DeleteFunc(a.objects, func(o object) bool { return below(o.path, path) })
}

// Misbehave sets the fault, until it is set to None.
func (a *Agent) Misbehave(f Fault) { a.mu.Lock(); defer a.mu.Unlock(); a.fault = f }

// Slow makes every answer take d.
func (a *Agent) Slow(d time.Duration) { a.mu.Lock(); defer a.mu.Unlock(); a.delay = d }

// Requests counts what was asked and tells the largest answer in bytes.
func (a *Agent) Requests() (n, largest int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests, a.largest
}

func parse(oid string) ([]uint32, error) {
	var path []uint32
	for part := range strings.SplitSeq(strings.TrimPrefix(oid, "."), ".") {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("parse OID %q: %w", oid, err)
		}
		path = append(path, uint32(n))
	}
	if len(path) < 2 || len(path) > 128 {
		return nil, fmt.Errorf("parse OID %q: %d parts, want 2–128", oid, len(path))
	}
	return path, nil
}

func write(path []uint32) string {
	var b strings.Builder
	for _, n := range path {
		fmt.Fprintf(&b, ".%d", n)
	}
	return b.String()
}

func below(path, top []uint32) bool {
	return len(path) >= len(top) && slices.Equal(path[:len(top)], top)
}
