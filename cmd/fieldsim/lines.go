package main

import (
	"fmt"
	"maps"
	"net"
	"sync"
	"time"

	"watchbox/cmd/fieldsim/room"
	"watchbox/drivers/gpio/gpiotest"
)

// contact is one dry contact of the room and the screw on which it hangs.
type contact struct {
	name     string // in room.State.Contacts
	terminal string
	rest     bool // closed while nothing happens
}

// contacts is the wiring of the inputs; site.yaml says the same with `rest:`.
var contacts = []contact{
	{"panic", "DI1", true}, {"water", "DI2", false}, {"smoke", "DI3", false}, {"mains", "DI4", true},
	{"fire", "DI5", false}, {"door", "DI6", true}, {"exit", "DI7", false}, {"tamper", "DI8", true},
}

// drives names what hangs on the outputs.
var drives = map[string]string{"DO1": "siren", "DO2": "beacon", "DO3": "relay", "DO4": "strike"}

// What a contact does when it moves, and how long the exit button frees the door.
const (
	bounces  = 6
	pressed  = 500 * time.Millisecond
	exitFree = 5 * time.Second
)

// lines are the contacts and relays of the box, behind the socket that board
// sim names. Outputs keep their level over the box's death as it declared them.
type lines struct {
	room   *room.Room
	server *gpiotest.Server
	tell   func(zh, en string)

	mutex     sync.Mutex
	outputs   map[string]bool // by what hangs there
	freeUntil time.Time       // the exit button has freed the door by wire

	moves sync.Mutex // one mover of contacts at a time
}

// newLines listens on a unix socket.
func newLines(socket string, r *room.Room, tell func(zh, en string)) (*lines, error) {
	if err := gone(socket); err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	s := &lines{room: r, server: gpiotest.Serve(l), tell: tell, outputs: map[string]bool{}}
	for _, c := range contacts {
		s.server.Set(c.terminal, c.rest)
	}
	s.server.OnOutput(s.driven)
	return s, nil
}

// driven hears of an output; the server's lock is held.
func (l *lines) driven(terminal string, level bool) {
	name, known := drives[terminal]
	if !known {
		return
	}
	l.mutex.Lock()
	l.outputs[name] = level
	l.mutex.Unlock()
	state := map[bool][2]string{true: {"动作", "on"}, false: {"停止", "off"}}[level]
	l.tell(outputLabels[name]+state[0], name+" "+state[1])
}

var outputLabels = map[string]string{"siren": "警号", "beacon": "警灯", "relay": "继电器", "strike": "门锁"}

// sync moves each contact to where the room has it; one that moves bounces.
func (l *lines) sync() {
	l.moves.Lock()
	defer l.moves.Unlock()
	s := l.room.Look()
	for _, c := range contacts {
		closed := c.rest != s.Contacts[c.name]
		if l.server.Level(c.terminal) != closed {
			l.server.Bounce(c.terminal, bounces, closed)
		}
	}
}

// move lets something happen at a contact, at once.
func (l *lines) move(name string, away bool) {
	l.room.Change(func(s *room.State) { s.Contacts[name] = away })
	l.sync()
}

// open opens the door. forced is true when nothing had released the lock.
func (l *lines) open() (forced bool) {
	forced = !l.free()
	l.move("door", true)
	return forced
}

// free is true while the lock is released: by the strike, by the exit button or
// by the fire panel; the last two by wire, whether the box lives or not.
func (l *lines) free() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.outputs["strike"] || time.Now().Before(l.freeUntil) || l.room.Look().Contacts["fire"]
}

// exit presses the exit button and lets go.
func (l *lines) exit() {
	l.mutex.Lock()
	l.freeUntil = time.Now().Add(exitFree)
	l.mutex.Unlock()
	l.move("exit", true)
	time.Sleep(pressed)
	l.move("exit", false)
}

// driving tells what is on, by name.
func (l *lines) driving() map[string]bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := map[string]bool{"siren": false, "beacon": false, "relay": false, "strike": false}
	maps.Copy(all, l.outputs)
	return all
}

func (l *lines) close() error { return l.server.Close() }
