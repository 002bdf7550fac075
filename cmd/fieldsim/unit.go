package main

import (
	"fmt"
	"sync"
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/maps"
	"watchbox/drivers/modbus/modbustest"
)

// slaveFaults are the words of the deed `slave` and what they do.
var slaveFaults = map[string]modbustest.Kind{
	"ok": modbustest.Healthy, "silent": modbustest.Silent, "slow": modbustest.Slow, "wrong": modbustest.BadSum,
	"foreign": modbustest.Foreign, "short": modbustest.Short, "noise": modbustest.Noise, "exception": modbustest.Exception,
	"stale": modbustest.Stale, "babble": modbustest.Babble,
}

// unit is one Modbus slave of the site with what is wrong with it.
type unit struct {
	*modbustest.Unit
	mishap
}

// mishap is the word for what is wrong with a slave, "" when it is healthy.
type mishap struct {
	mutex sync.Mutex
	word  string
}

// name keeps the word, and lets set do what it means.
func (m *mishap) name(word string, set func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.word = word; word == "ok" {
		m.word = ""
	}
	set()
}

func (m *mishap) fault() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.word
}

// misbehave sets the fault by its word.
func (u *unit) misbehave(word string) error {
	kind, known := slaveFaults[word]
	if !known {
		return unknownFault(word)
	}
	u.name(word, func() { u.Fault(modbustest.Fault{Kind: kind}) })
	return nil
}

func unknownFault(word string) error { return fmt.Errorf("fault %q is not known", word) }

// newUnit makes the slave at that address answer from the bank.
func newUnit(p *modbustest.Plant, address uint8, table maps.Table, b bank, r *room.Room) *unit {
	u := &unit{Unit: p.Unit(address)}
	g := &glance{room: r}
	for register, get := range b {
		u.Get(table, register, func() uint16 { return get(g.at(register)) })
	}
	return u
}

// glance lets all registers of one request see the same moment, so that the
// halves of a number fit.
type glance struct {
	room  *room.Room
	mutex sync.Mutex
	state room.State
	next  uint16 // the register after the last one asked for
	taken time.Time
}

func (g *glance) at(register uint16) *room.State {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if register != g.next || time.Since(g.taken) > pace {
		g.state, g.taken = g.room.Look(), time.Now()
	}
	g.next = register + 1
	s := g.state
	return &s
}
