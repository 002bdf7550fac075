// Package modbustest plays Modbus slaves: many units on one serial line or one
// TCP port, with registers that a simulation drives and with faults that are
// switched while it runs. On a serial line bytes take the time that they take at
// the line's speed, in both directions, also on a pseudo-terminal that carries
// them at once.
//
// It is a fake for tests, demonstrations and benches; it decides for itself what
// a slave does and shares no code with the master.
package modbustest

import (
	"sync"
	"time"

	"watchbox/drivers/maps"
)

// Plant is a set of slaves. All methods of Plant and Unit may be called from any
// goroutine, also while it serves.
type Plant struct {
	// Sleep waits; time.Sleep unless set before serving. A bench sets one that is
	// exact to less than a millisecond.
	Sleep func(time.Duration)

	mutex sync.Mutex
	units map[uint8]*Unit
	echo  bool
	conns map[closer]bool
}

type closer interface{ Close() error }

// New makes a plant without units.
func New() *Plant {
	return &Plant{Sleep: time.Sleep, units: map[uint8]*Unit{}, conns: map[closer]bool{}}
}

// Unit gives the slave with that address and makes it at first use.
func (p *Plant) Unit(address uint8) *Unit {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	u := p.units[address]
	if u == nil {
		u = &Unit{address: address, cells: map[cell]*register{}, answers: map[byte]func([]byte) []byte{}, turn: newLock()}
		p.units[address] = u
	}
	return u
}

func (p *Plant) unit(address uint8) *Unit {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.units[address]
}

// Echo makes a serial line give every request back before the answer, like an
// RS-485 adapter that hears itself.
func (p *Plant) Echo(on bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.echo = on
}

func (p *Plant) echoes() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.echo
}

// Disconnect closes every TCP connection, as a server that restarts.
func (p *Plant) Disconnect() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// cell is one register or bit.
type cell struct {
	table   maps.Table
	address uint16
}

type register struct {
	value uint16
	get   func() uint16
	set   func(uint16) bool
}

// lock is a mutex that may be held over a sleep: who waits for it waits on a
// channel, so that the clock of a synctest bubble goes on.
type lock chan struct{}

func newLock() lock    { return make(lock, 1) }
func (l lock) take()   { l <- struct{}{} }
func (l lock) giveUp() { <-l }

// Unit is one slave.
type Unit struct {
	address uint8

	mutex    sync.Mutex
	cells    map[cell]*register
	zeros    []span
	answers  map[byte]func([]byte) []byte
	delay    time.Duration
	fault    Fault
	previous []byte // the answer before: what a stale unit sends
	served   int
	waiting  int

	turn lock // a slave answers one request after the other
}

// span is a range of addresses that reads zero where nothing else stands.
type span struct {
	table maps.Table
	from  uint16
	count int
}

// Set puts fixed values from address on; bits are 0 or 1.
func (u *Unit) Set(t maps.Table, address uint16, values ...uint16) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for i, v := range values {
		u.at(t, address+uint16(i)).value = v
	}
}

// Get lets f say the value whenever it is asked for. f is called with no lock
// of the plant held and must not block.
func (u *Unit) Get(t maps.Table, address uint16, f func() uint16) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.at(t, address).get = f
}

// OnWrite lets f obey a write; false refuses it with exception 3. Without f a
// write to a defined coil or holding register is stored.
func (u *Unit) OnWrite(t maps.Table, address uint16, f func(uint16) bool) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.at(t, address).set = f
}

// Zero makes undefined addresses in the range read zero instead of exception 2.
func (u *Unit) Zero(t maps.Table, from uint16, count int) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.zeros = append(u.zeros, span{t, from, count})
}

// Answer lets f answer a function that the plant does not know. Both are without
// address and check sum, function first; nil means no answer.
func (u *Unit) Answer(function byte, f func(request []byte) []byte) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.answers[function] = f
}

// Turnaround is the time from the silence after a request to the first byte of
// the answer.
func (u *Unit) Turnaround(d time.Duration) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.delay = d
}

// Value is what a fixed register holds, for a test that looks at a write.
func (u *Unit) Value(t maps.Table, address uint16) uint16 {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if r := u.cells[cell{t, address}]; r != nil {
		return r.value
	}
	return 0
}

// Served is how many requests the unit has understood.
func (u *Unit) Served() int {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.served
}

func (u *Unit) at(t maps.Table, address uint16) *register {
	r := u.cells[cell{t, address}]
	if r == nil {
		r = &register{}
		u.cells[cell{t, address}] = r
	}
	return r
}
