// Package gpio reads the contacts and drives the relays of the box itself. A
// Device knows points, polarity and lost edges; a Backend knows where the lines
// are: Cdev is the kernel's GPIO character device (version 2), Sim a simulated
// room behind a socket.
//
// A point is true when its terminal is *not* as it rests: a panic button that
// rests closed gives true when its wire is cut, and a siren point is true while
// it sounds, whichever way the relay is wired.
//
// Every edge is one sample of an Urgent point, with the kernel's number of it on
// that line. When the numbers of a chip show a gap, edges were lost: nobody can
// say yet on which input, so all inputs are read once more and told with quality
// uncertain/overflow until the next plain reading. The input's own numbers tell
// at its next edge how many of them were its own (Contacts).
//
// A line that is gone, or that another holds, costs no other: its point is bad
// with the reason, Lines names it, and each Poll makes one attempt at it.
//
// Beside each input stands a counter of its edges, terminals/di2.edges: a contact
// that chatters, or a pulse output of a meter, shows there.
package gpio

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// terminal is one entry of the device's configuration, resolved.
type terminal struct {
	name    string
	point   point.Name
	rest    bool // the level at which the point is false
	output  bool
	counter point.Name // of an input's edges
}

// Device is all terminals of one box that the site file uses. It meets
// driver.Poller, driver.Watcher and driver.Writer; Poll, Watch and Write may be
// called at the same time by different goroutines.
type Device struct {
	// Stamp turns the kernel's time stamp of an edge into the box's time. Nil
	// leaves Sample.At to the emitter. Set it before the first call.
	Stamp func(kernel time.Duration) point.Instant

	name    string
	place   string // "gpio terminals": where errors begin
	period  time.Duration
	timeout time.Duration
	backend Backend
	points  []point.Point

	inputs, outputs []terminal
	byTerminal      map[string]terminal
	byItem          map[string]terminal // outputs, by every way to name them; an ambiguous one has no terminal

	holdInputs, holdOutputs claim
	lost                    atomic.Uint64

	order   sync.Mutex                // keeps a reading from overtaking a newer edge
	edges   uint64                    // told so far; under order
	tallies map[string]driver.Contact // of each input by terminal; under order
	faults  map[string]error          // of each terminal that was read, nil: well; under order
	numbers map[numbered]uint64       // last number of each group and line; Watch's own
}

// New checks the specification and makes the device; it touches no line, and
// the first Watch, Poll or Write claims what it needs. A terminal named twice,
// an unknown rest level or a bad point name is refused.
func New(spec driver.Spec, backend Backend) (*Device, error) {
	d := &Device{
		name: spec.Name, place: "gpio " + spec.Name, backend: backend,
		period: orElse(spec.Period, 10*time.Second), timeout: orElse(spec.Timeout, 2*time.Second),
		byTerminal: map[string]terminal{}, byItem: map[string]terminal{}, numbers: map[numbered]uint64{}, tallies: map[string]driver.Contact{}, faults: map[string]error{},
		holdInputs: newClaim(), holdOutputs: newClaim(),
	}
	for _, in := range spec.Inputs {
		if err := d.add(spec, in); err != nil {
			return nil, fmt.Errorf("%s: terminal %s: %w", d.place, in.Terminal, err)
		}
	}
	d.holdInputs.claims, d.holdOutputs.claims = claims(spec.Inputs, false), claims(spec.Inputs, true)
	return d, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func claims(all []driver.Input, output bool) []Claim {
	var list []Claim
	for _, in := range all {
		if in.Output == output {
			list = append(list, Claim{Terminal: in.Terminal, Debounce: in.Debounce})
		}
	}
	return list
}

func (d *Device) add(spec driver.Spec, in driver.Input) error {
	rest, err := levelOf(in.Rest)
	if err != nil {
		return err
	}
	t := terminal{name: in.Terminal, point: in.Point, rest: rest, output: in.Output}
	if t.point == "" {
		t.point = point.Join(spec.Name, in.Item)
	}
	if err := t.point.Check(); err != nil {
		return err
	}
	if _, twice := d.byTerminal[t.name]; twice || !plainTerminal(t.name) {
		return fmt.Errorf("named twice, or not letters, digits and '-': %w", driver.ErrUnsupported)
	}
	if !t.output {
		t.counter = driver.EdgesOf(spec.Name, t.name)
		d.points = append(d.points, describe(spec, in, t), describeCounter(spec, in, t))
		d.inputs, d.byTerminal[t.name] = append(d.inputs, t), t
		return nil
	}
	d.byTerminal[t.name] = t
	d.points = append(d.points, describe(spec, in, t))
	d.outputs = append(d.outputs, t)
	d.byItem[string(t.point)], d.byItem[t.name] = t, t
	if _, ambiguous := d.byItem[t.point.Item()]; ambiguous {
		t = terminal{}
	}
	d.byItem[t.point.Item()] = t
	return nil
}

func describe(spec driver.Spec, in driver.Input, t terminal) point.Point {
	p := point.Point{Name: t.point, Label: in.Label, Kind: point.Bool, States: in.States, Room: in.Room,
		Source: "terminal " + t.name, Urgent: !t.output, Write: t.output}
	if p.Room == "" {
		p.Room = spec.Room
	}
	return p
}

// levelOf reads a rest level: open and off are false, closed and on are true.
func levelOf(rest string) (bool, error) {
	switch strings.ToLower(rest) {
	case "", "open", "off", "low":
		return false, nil
	case "closed", "on", "high":
		return true, nil
	}
	return false, fmt.Errorf("rest %q: want open, closed, off or on: %w", rest, driver.ErrUnsupported)
}

// Describe lists inputs and outputs in the order of the specification, after
// each input its counter.
func (d *Device) Describe() []point.Point { return append([]point.Point(nil), d.points...) }

// Lost counts the edges that were numbered and never came, since New. It may be
// a little high, never low: the kernel numbers a line's interrupts, and where its
// thread comes late it tells several as one edge and spends further numbers on
// it (6.12, seen under gpio-sim: 200 moves, 194 edges, 8 numbers missing). Any
// goroutine may ask.
func (d *Device) Lost() uint64 { return d.lost.Load() }

// Close lets the lines go and ends Watch.
func (d *Device) Close() error { return d.backend.Close() }
