// Package driver is the contract between the box and everything that talks to
// a thing: what a device offers, how it fails, and who calls it when.
//
// A driver starts no goroutine, does not sleep and has no retry loop: each call
// is one attempt within the caller's deadline; package scan owns the schedule,
// the back-off and the quality of points that could not be read. The exception
// is Watch, the permanent reader of a wire that speaks by itself.
package driver

import (
	"context"
	"time"

	"watchbox/firmware/point"
)

// Device is one thing on a wire. It also meets Poller, Watcher or Writer, or
// several of them. Describe never blocks; Close releases what the device alone
// owns and may be called once, after the last other call has returned.
type Device interface {
	// Describe lists every point the device can give, with full names, always
	// the same ones: a point that cannot be read now is still described.
	Describe() []point.Point
	Close() error
}

// Emit takes one sample to the box. It never blocks. The driver fills Point,
// Value and Quality; At stays zero unless the wire itself stamped the event.
type Emit func(point.Sample)

// Block is what one Poll reads: some points that are read together.
type Block struct {
	Name     string        // for logs and errors: "input 0x2af8+24"
	Period   time.Duration // how often it is wanted, > 0
	Priority int           // 0 first: alarm bits before measurements before statistics
	Timeout  time.Duration // the longest one attempt may take, > 0
	Points   []point.Name  // they turn bad when the attempt fails
}

// Poller is asked. The bus goroutine calls Poll for one block at a time; two
// devices of one bus are never called at the same time.
type Poller interface {
	Device
	Blocks() []Block // always the same; never blocks
	// Poll makes one attempt at the block and emits its samples, then returns
	// nil; or emits what it got and returns an error that wraps one class below.
	// It returns by ctx's deadline.
	Poll(ctx context.Context, block int, emit Emit) error
}

// Watcher speaks by itself. Watch blocks until ctx ends or the wire is lost and
// then returns why; scan calls it again after a pause. Samples of Urgent points
// are edges: each is one event and none is coalesced.
type Watcher interface {
	Device
	Watch(ctx context.Context, emit Emit) error
}

// Writer obeys. One attempt, ends by ctx's deadline; the value has reached the
// thing when Write returns nil, as far as the wire can tell.
type Writer interface {
	Device
	Write(ctx context.Context, item string, v point.Value) error
}

// Prompt is a Writer whose Write waits for nothing that its Poll does: it is called
// while a Poll runs, and several may run at once. The siren's relay is such a one.
type Prompt interface {
	Writer
	Prompt()
}

// Prober is a device that can say cheaply whether it lives: scan calls Probe
// rather than a full Poll while the device is dead.
type Prober interface {
	Probe(ctx context.Context) error
}

// Replier is a device on a shared wire that declares its slowest answer: so long the
// wire is kept quiet after silence, and whoever else is on it waits.
type Replier interface {
	WorstReply() time.Duration
}

// Log tells an engineer something that is not an event: a frame that was
// thrown away, a port that came back. Never blocks; identical lines are thinned by the receiver.
type Log func(format string, args ...any)
