// Package survey searches a wire for devices: which addresses answer, at which
// speed, in which protocol, and which map they fit. It only reads.
//
// On a wire that has devices the search speaks at the wire's own speed alone, asks
// none of those devices, and waits for no answer longer than shortWait, so that a
// command waits for one short exchange at most. An answer that comes later is still
// seen: it names its unit, and no device of the site file has that number. Only a
// wire without devices is tried at other speeds, after it was found to be silent:
// somebody who speaks there by himself is another master, and is left in peace.
// Behind a serial server the wire has the speed that is set there, and no other is tried.
// A text of the Megatec family is sent last, and only when nothing else was ever
// seen on the wire: those units have no address and obey what they understand.
//
// With Learn in the order it sends nothing at all: it listens to another master and
// tells his slaves apart, with what he reads from them.
//
// A survey is stepped by the goroutine of its wire; between the steps it rests.
package survey

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"watchbox/drivers/maps"
	"watchbox/drivers/modbus"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

const (
	shortWait = 200 * time.Millisecond // for an answer, where others wait for the wire
	longWait  = 300 * time.Millisecond // where nobody does
	longStep  = 5 * time.Second        // of a search that nobody waits for
	mostNotes = 8                      // a person reads; of a noisy wire each address would have one
	listening = 2 * time.Second        // to a wire without devices, before it is spoken on
)

// Line is a wire at one speed.
type Line struct {
	Pair   *pair.Pair
	Modbus *modbus.Bus
}

// Wire is the wire to search.
type Wire struct {
	Name    string
	Shape   driver.Line
	Devices map[bus.Slave]string // ids of the site file by whom they ask
	Own     Line                 // that the Devices are asked on; nothing without Devices
	Maps    *maps.Set            // that are proposed; nil: those that are linked in
	Address string               // host:port of the serial server behind which the wire is: its speed is set there
	// Open opens the wire at that speed; used only while there are no Devices.
	Open func(driver.Line) (driver.Port, error)
}

// Survey is one search; it meets bus.Search.
type Survey struct {
	wire  Wire
	order bus.Order
	wait  time.Duration
	maps  catalogue

	ctx   context.Context // of the step that runs
	next  func() (struct{}, bool)
	halt  func()
	yield func(struct{}) bool
	over  bool
	line  Line // that is spoken on now
	shape driver.Line
	ear   *bus.Ear
	asked map[bus.Slave]bool
	kinds map[bus.Slave]kind // of YD/T 1363: how it was asked when it answered
	told  map[bus.Slave]bool // was asked what it is
	sent  map[string]bool    // every request
	pace  pace
	lost  bool // the wire was away for a while, and that was told

	mutex    sync.Mutex
	progress bus.Progress
}

var _ bus.Search = (*Survey)(nil)

// New prepares a search; it touches no wire. An order that asks for what there is
// not wraps driver.ErrUnsupported.
func New(w Wire, o bus.Order) (*Survey, error) {
	s := &Survey{wire: w, order: o, wait: longWait, maps: newCatalogue(w.Maps), line: w.Own, shape: w.Shape, asked: map[bus.Slave]bool{}, kinds: map[bus.Slave]kind{}, told: map[bus.Slave]bool{}, sent: map[string]bool{}}
	if err := check(o); err != nil {
		return nil, err
	}
	if s.live() {
		s.wait = shortWait
	} else {
		s.wire.Own = s.open(w.Shape)
		s.line = s.wire.Own
	}
	s.progress = bus.Progress{Bus: w.Name, Began: time.Now(), Running: true, Findings: []bus.Finding{}, Notes: []point.Words{}}
	s.next, s.halt = iter.Pull(func(yield func(struct{}) bool) {
		s.yield = yield
		s.run()
	})
	return s, nil
}

func check(o bus.Order) error {
	for _, p := range o.Protocols {
		if !slices.Contains([]string{bus.ModbusRTU, bus.YDT1363, bus.Megatec}, p) {
			return driver.Fail(driver.ErrUnsupported, "protocol %q: allowed modbus-rtu, ydt1363, megatec", p)
		}
	}
	for _, text := range o.Shapes {
		if _, ok := parse(text); !ok {
			return driver.Fail(driver.ErrUnsupported, "speed %q: write it as 9600 8N1", text)
		}
	}
	if o.Seconds < 0 || o.Seconds > 3600 {
		return driver.Fail(driver.ErrUnsupported, "%d seconds: allowed 1 to 3600", o.Seconds)
	}
	if o.From < 0 || o.To < 0 || o.From > 254 || o.To > 254 || o.To != 0 && o.To < o.From {
		return driver.Fail(driver.ErrUnsupported, "addresses %d to %d: allowed 1 to 254", o.From, o.To)
	}
	return nil
}

// Limit is the longest that one step takes.
func (s *Survey) Limit() time.Duration {
	if !s.live() {
		return longStep
	}
	return s.wire.Own.Pair.Reach(longestFrame, pair.Manners{Timeout: shortWait})
}

// longestFrame is that of a question and its answer, in characters.
const longestFrame = 8 + 255

// Monitor is that of the wire as it is spoken on now.
func (s *Survey) Monitor() *bus.Monitor {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.line.Pair.Monitor()
}

// Step goes on to the end of the next exchange.
func (s *Survey) Step(ctx context.Context) (over bool) {
	s.ctx = ctx
	if _, more := s.next(); more {
		return false
	}
	s.finish()
	return true
}

// Close ends the search where it is. Not during a Step.
func (s *Survey) Close() error {
	s.halt()
	s.finish()
	return nil
}

func (s *Survey) finish() {
	s.silent()
	if !s.live() {
		s.wire.Own.Pair.Close()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if p := &s.progress; p.Running {
		p.Running, p.Ended, p.Now, p.Left = false, time.Now(), "", 0
		p.Lines = lines(s.wire, p.Findings)
	}
}

// Progress is a copy.
func (s *Survey) Progress() bus.Progress {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	p := s.progress
	p.Findings, p.Notes = slices.Clone(p.Findings), slices.Clone(p.Notes)
	return p
}

func (s *Survey) update(f func(p *bus.Progress)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	f(&s.progress)
}

func (s *Survey) note(zh, en string, figures ...any) {
	s.update(func(p *bus.Progress) {
		if len(p.Notes) >= mostNotes {
			return
		}
		p.Notes = append(p.Notes, point.Words{Zh: fmt.Sprintf(zh, figures...), En: fmt.Sprintf(en, figures...)})
	})
}

// rest ends a step; false: the search was ended.
func (s *Survey) rest() bool {
	if !s.over && !s.yield(struct{}{}) {
		s.over = true
	}
	return !s.over
}

// fixed is whether the wire has one speed that nobody may leave.
func (s *Survey) fixed() bool { return s.live() || s.wire.Address != "" }

// live is whether devices of the site file hang on the wire.
func (s *Survey) live() bool { return len(s.wire.Devices) > 0 }

// wants is whether the protocol is to be tried. Before a text of the Megatec family
// the others are, whatever the order says: who is there must be known.
func (s *Survey) wants(protocol string) bool {
	o := s.order.Protocols
	return len(o) == 0 || slices.Contains(o, protocol) || slices.Contains(o, bus.Megatec)
}
