package gpio

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"watchbox/firmware/driver"
)

// Cdev is the back end of a real board: the kernel's GPIO character device,
// version 2 of its interface, asked directly. periph's own back end reads an
// output by making it an input, drives low before high, loses edges beyond 16
// and their numbers; none of that can be mended from outside.
type Cdev struct {
	// Realtime has edges stamped by the wall clock instead of the monotonic one.
	// Set it before the first claim.
	Realtime bool

	folder string // /dev, or a test's own
	lines  map[string]Line
	pins   map[string]*Pin

	inputs atomic.Pointer[inputs] // nil before the first claim; changed under mu, read by all: an edge waits for no claim

	mu     sync.Mutex       // guards what follows
	faults map[string]error // of the inputs that were asked for and are not held
	groups int              // given out so far
	closed bool
}

// NewCdev makes the back end for the lines of a board. Inherited are the
// descriptors of outputs that a holder opened before us (see Inherited); nil
// where there is none. They stay the caller's: the back end of a later site file
// needs them again. No line is touched yet.
func NewCdev(lines []Line, inherited map[string]*os.File) *Cdev {
	c := &Cdev{folder: "/dev", lines: map[string]Line{}, pins: map[string]*Pin{}, faults: map[string]error{}}
	for i, l := range lines {
		c.lines[l.Terminal] = l
		c.pins[l.Terminal] = &Pin{cdev: c, line: l, number: i, inherited: inherited[l.Terminal]}
	}
	return c
}

// Outputs takes each output that is not held: the inherited descriptor as it
// stands, or the line at its rest level.
func (c *Cdev) Outputs(_ context.Context, claims []Claim) error {
	var first error
	held := len(claims) == 0
	for _, claim := range claims {
		p, err := c.output(claim.Terminal)
		if err == nil {
			err = p.hold()
		}
		first, held = cmp.Or(first, err), held || err == nil
	}
	if held {
		return nil
	}
	return first
}

func (c *Cdev) output(terminal string) (*Pin, error) {
	if p := c.pins[terminal]; p != nil && p.line.Output {
		return p, nil
	}
	return nil, fmt.Errorf("terminal %s is no output of this board: %w", terminal, driver.ErrNotPresent)
}

// Set drives one output.
func (c *Cdev) Set(_ context.Context, terminal string, level bool) error {
	p, err := c.output(terminal)
	if err != nil {
		return err
	}
	return p.drive(level)
}

// Read gives the debounced level of inputs and what drives each output.
func (c *Cdev) Read(_ context.Context, terminals []string) ([]Reading, error) {
	known := c.levels()
	readings := make([]Reading, len(terminals))
	for i, t := range terminals {
		if p, err := c.output(t); err == nil {
			readings[i].Level, readings[i].Fault = p.level()
		} else {
			readings[i] = known(t)
		}
	}
	return readings, nil
}

// Descriptor is the kernel's handle of a claimed output, for a child process
// that shall inherit it. It stays ours; the caller does not close it.
func (c *Cdev) Descriptor(terminal string) (*os.File, error) {
	p, err := c.output(terminal)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil, kernelError("hand on output "+terminal, os.ErrClosed)
	}
	return p.file, nil
}

// Close lets all lines go. An output whose descriptor nobody else holds falls to
// what the chip does with a free line.
func (c *Cdev) Close() error {
	c.mu.Lock()
	c.closed = true
	c.inputs.Swap(nil).close()
	c.mu.Unlock()
	for _, p := range c.pins {
		p.release()
	}
	return nil
}
