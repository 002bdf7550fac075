package gpio

import (
	"context"
	"fmt"
	"os"
	"sync"

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

	mu     sync.RWMutex // guards what follows
	inputs *inputs
	groups int // given out so far
	closed bool
}

// NewCdev makes the back end for the lines of a board. Inherited are the
// descriptors of outputs that a holder opened before us (see Inherited); nil
// where there is none. They stay the caller's: the back end of a later site file
// needs them again. No line is touched yet.
func NewCdev(lines []Line, inherited map[string]*os.File) *Cdev {
	c := &Cdev{folder: "/dev", lines: map[string]Line{}, pins: map[string]*Pin{}}
	for i, l := range lines {
		c.lines[l.Terminal] = l
		c.pins[l.Terminal] = &Pin{cdev: c, line: l, number: i, inherited: inherited[l.Terminal]}
	}
	return c
}

// Inputs takes all inputs, in one request per chip.
func (c *Cdev) Inputs(_ context.Context, claims []Claim) error {
	plan, err := planInputs(c.lines, claims, c.Realtime)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return kernelError("take inputs", os.ErrClosed)
	}
	c.inputs.close()
	c.inputs = nil
	taken, err := c.takeInputs(plan)
	if err != nil {
		return err
	}
	c.inputs = taken
	return nil
}

func (c *Cdev) takeInputs(plan []*inputRequest) (*inputs, error) {
	in, err := newInputs()
	if err != nil {
		return nil, kernelError("make an event queue", err)
	}
	for _, r := range plan {
		f, offsets, err := c.request(r)
		if err == nil {
			c.groups++
			err = in.add(f, r, offsets, c.groups)
		}
		if err != nil {
			in.close()
			return nil, err
		}
	}
	return in, nil
}

func (c *Cdev) request(r *inputRequest) (*os.File, []uint32, error) {
	chip, err := openChip(c.folder, r.chip)
	if err != nil {
		return nil, nil, err
	}
	defer chip.Close()
	var offsets []uint32
	for _, l := range r.lines {
		o, err := offsetOf(chip, l)
		if err != nil {
			return nil, nil, err
		}
		offsets = append(offsets, o)
	}
	f, err := requestLines(chip, offsets, r.config, true)
	if err != nil {
		return nil, nil, kernelError(fmt.Sprintf("take inputs %v of chip %s", r.terminals, r.chip), err)
	}
	return f, offsets, nil
}

// Outputs takes each output: the inherited descriptor as it stands, or the line
// at its rest level.
func (c *Cdev) Outputs(_ context.Context, claims []Claim) error {
	for _, claim := range claims {
		p := c.pins[claim.Terminal]
		if p == nil || !p.line.Output {
			return fmt.Errorf("terminal %s is no output of this board: %w", claim.Terminal, driver.ErrNotPresent)
		}
		if err := p.hold(); err != nil {
			return err
		}
	}
	return nil
}

// Set drives one output.
func (c *Cdev) Set(_ context.Context, terminal string, level bool) error {
	p := c.pins[terminal]
	if p == nil || !p.line.Output {
		return fmt.Errorf("terminal %s is no output of this board: %w", terminal, driver.ErrNotPresent)
	}
	return p.drive(level)
}

// Read gives the debounced level of inputs and what drives each output.
func (c *Cdev) Read(_ context.Context, terminals []string) ([]bool, error) {
	c.mu.RLock()
	in := c.inputs
	c.mu.RUnlock()
	known, err := in.levels()
	if err != nil {
		return nil, err
	}
	levels := make([]bool, len(terminals))
	for i, t := range terminals {
		p, level, held := c.pins[t], false, false
		if level, held = known[t]; !held {
			if p == nil || !p.line.Output {
				return nil, kernelError("read input "+t+", which is not claimed", os.ErrClosed)
			}
			if level, err = p.level(); err != nil {
				return nil, err
			}
		}
		levels[i] = level
	}
	return levels, nil
}

// Next waits for the next edge of any input.
func (c *Cdev) Next(ctx context.Context) (Edge, error) {
	c.mu.RLock()
	in := c.inputs
	c.mu.RUnlock()
	if in == nil {
		return Edge{}, kernelError("wait for an edge", os.ErrClosed)
	}
	return in.next(ctx)
}

// Descriptor is the kernel's handle of a claimed output, for a child process
// that shall inherit it. It stays ours; the caller does not close it.
func (c *Cdev) Descriptor(terminal string) (*os.File, error) {
	p := c.pins[terminal]
	if p == nil || !p.line.Output {
		return nil, fmt.Errorf("terminal %s is no output of this board: %w", terminal, driver.ErrNotPresent)
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
	c.inputs.close()
	c.inputs = nil
	c.mu.Unlock()
	for _, p := range c.pins {
		p.release()
	}
	return nil
}
