package driver

import (
	"strings"
	"time"

	"watchbox/firmware/point"
)

// Terminals is the id of the device that stands for the box's own terminals.
const Terminals = "terminals"

// EdgesOf names the counter of a terminal's edges: "terminals/di2.edges". It is
// named after the terminal, so that no pattern over the contacts of a room
// takes it for one of them.
func EdgesOf(device, terminal string) point.Name {
	return point.Join(device, strings.ToLower(terminal)+".edges")
}

// Contact is what a device knows of one of its inputs, since it was made.
type Contact struct {
	Terminal string
	Point    point.Name
	Level    bool      // true: closed, as the terminal is wired, after the debounce
	Known    bool      // Level was read at least once
	Edges    uint64    // told
	Lost     uint64    // numbered as this input's and never told; known at its next edge
	Last     time.Time // of the last edge, by the wall clock; zero: none
}

// LineState is one terminal of the box as it was read last.
type LineState struct {
	Terminal string
	Point    point.Name
	Fault    error // wraps one class of errors.go; nil: it could be read
}

// Wired is a device of which one terminal can fail while the others go on. Lines
// may be called from any goroutine and waits for no wire.
type Wired interface {
	Lines() []LineState // those that were read at least once
}

// Counter is a device whose edges are numbered. Both methods may be called from
// any goroutine and wait for no wire.
type Counter interface {
	Contacts() []Contact
	Lost() uint64 // of all inputs together, also those that nobody can be told to have lost
}
