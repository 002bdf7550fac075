package main

import (
	"fmt"
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

// output is what the box drives.
type output struct {
	label  string
	on     bool
	active bool        // on, or between two beats of its cadence
	quiet  *time.Timer // runs while it is off and still active
}

// What a contact does when it moves, how long the exit button frees the door,
// and the longest pause within a cadence.
const (
	beat     = 3 * time.Second
	bounces  = 6
	pressed  = 500 * time.Millisecond
	exitFree = 5 * time.Second
)

// longestSocket is the kernel's bound on the name of a unix socket (unix(7)).
const longestSocket = 107

// lines are the contacts and relays of the box, behind the socket that board
// sim names. Outputs keep their level over the box's death as it declared them.
type lines struct {
	room   *room.Room
	server *gpiotest.Server
	coil   *coil
	tell   func(zh, en string)

	mutex     sync.Mutex
	outputs   map[string]*output // by what hangs there
	freeUntil time.Time          // the exit button has freed the door by wire

	moves sync.Mutex // one mover of contacts at a time
}

// newLines listens on a unix socket.
func newLines(socket string, r *room.Room, tell func(zh, en string)) (*lines, error) {
	if len(socket) > longestSocket {
		return nil, fmt.Errorf("lines: %s: %d characters, a socket may have %d: choose a folder with a shorter name", socket, len(socket), longestSocket)
	}
	if err := gone(socket); err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	s := &lines{room: r, server: gpiotest.Serve(l), tell: tell, outputs: map[string]*output{
		"siren": {label: "警号"}, "beacon": {label: "警灯"}, "relay": {label: "继电器"}, "strike": {label: "门锁"}}}
	s.coil = newCoil(s.server)
	for _, c := range contacts {
		s.server.Set(c.terminal, c.rest)
	}
	s.server.OnOutput(s.driven)
	return s, nil
}

// driven hears of an output; the server's lock is held. The diary gets the
// begin and the end of an activity, not each beat of its cadence.
func (l *lines) driven(terminal string, level bool) {
	name, known := drives[terminal]
	if !known {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	o := l.outputs[name]
	o.on = level
	if name == "siren" {
		l.coil.drive(level)
	}
	if o.quiet != nil {
		o.quiet.Stop()
		o.quiet = nil
	}
	switch {
	case !level:
		o.quiet = time.AfterFunc(beat, func() { l.rested(name) })
	case !o.active:
		o.active = true
		l.tell(o.label+"动作", name+" on")
	}
}

// rested is called when an output has been off for a beat.
func (l *lines) rested(name string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	o := l.outputs[name]
	if o.on || !o.active {
		return
	}
	o.active = false
	l.tell(o.label+"停止", name+" off")
}

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
	return l.outputs["strike"].on || time.Now().Before(l.freeUntil) || l.room.Look().Contacts["fire"]
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

// driving tells what is on now, and what is active: on, or in a pause of its
// cadence.
func (l *lines) driving() (on, active map[string]bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	on, active = map[string]bool{}, map[string]bool{}
	for name, o := range l.outputs {
		on[name], active[name] = o.on, o.active
	}
	return on, active
}

func (l *lines) close() error {
	l.coil.close()
	return l.server.Close()
}
