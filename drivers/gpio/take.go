package gpio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"watchbox/firmware/driver"
)

// Inputs takes the inputs that are not held, in one request per chip. Where the
// kernel refuses such a request for a line of it each is asked for alone: a line that
// another holds, or a chip that is not there, costs no other input.
func (c *Cdev) Inputs(_ context.Context, claims []Claim) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return kernelError("take inputs", os.ErrClosed)
	}
	if c.inputs.Load() == nil {
		in, err := newInputs()
		if err != nil {
			return kernelError("make an event queue", err)
		}
		c.inputs.Store(in)
	}
	for _, r := range planInputs(c.lines, c.missing(claims), c.Realtime) {
		c.take(r)
	}
	for _, claim := range claims {
		if c.faults[claim.Terminal] == nil {
			return nil
		}
	}
	if len(claims) == 0 {
		return nil
	}
	return c.faults[claims[0].Terminal]
}

// missing are the claims that are to be tried; until then that is their fault.
// Under mu.
func (c *Cdev) missing(claims []Claim) (list []Claim) {
	held := c.inputs.Load().terminals()
	for _, claim := range claims {
		if held[claim.Terminal] {
			continue
		}
		if l, known := c.lines[claim.Terminal]; !known || l.Output {
			c.faults[claim.Terminal] = fmt.Errorf("terminal %s is no input of this board: %w", claim.Terminal, driver.ErrNotPresent)
			continue
		}
		list = append(list, claim)
	}
	return list
}

// wholeChip is an error that each line of the chip would meet: to ask for them one
// by one would be one slow time-out of its wire after the other, and the siren's
// order waits for the poll that makes this attempt.
func wholeChip(err error) bool {
	return slices.ContainsFunc([]error{errNoChip, unix.ENODEV, unix.ENXIO, unix.EIO, unix.ETIMEDOUT, unix.EREMOTEIO},
		func(e error) bool { return errors.Is(err, e) })
}

// take makes one request, or each of its lines one of its own. Under mu.
func (c *Cdev) take(r *inputRequest) {
	f, offsets, err := c.request(r)
	if err == nil {
		c.groups++
		if err = c.inputs.Load().add(f, r, offsets, c.groups); err != nil {
			f.Close()
		}
	}
	if err != nil && len(r.claims) > 1 && !wholeChip(err) {
		for _, claim := range r.claims {
			c.take(planInputs(c.lines, []Claim{claim}, c.Realtime)[0])
		}
		return
	}
	for _, t := range r.terminals() {
		if c.faults[t] = err; err == nil {
			delete(c.faults, t)
		}
	}
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
	switch {
	case errors.Is(err, unix.EBUSY):
		err = fmt.Errorf("%w: held by %q", err, consumers(chip, offsets))
	case err == nil:
		return f, offsets, nil
	}
	return nil, nil, kernelError(fmt.Sprintf("take inputs %v of chip %s", r.terminals(), r.chip), err)
}

// levels reads every input that is held, and gives what is known of each.
func (c *Cdev) levels() func(terminal string) Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[string]Reading{}
	for t, fault := range c.faults {
		known[t] = Reading{Fault: fault}
	}
	for _, g := range c.inputs.Load().all() {
		bits, err := g.levels()
		if errors.Is(err, unix.ENODEV) {
			c.lose(g, err) // any other failure costs this reading and no edge
		}
		for i, t := range g.request.terminals() {
			known[t] = Reading{Level: bits>>i&1 == 1, Fault: err}
		}
	}
	return func(terminal string) Reading {
		if r, asked := known[terminal]; asked {
			return r
		}
		return Reading{Fault: kernelError("read input "+terminal+", which is not claimed", os.ErrClosed)}
	}
}

// lose lets a request go whose chip does not answer, once. Under mu.
func (c *Cdev) lose(g *group, err error) {
	in := c.inputs.Load()
	if !slices.Contains(in.all(), g) {
		return // its lines may be held anew
	}
	in.remove(g)
	for _, t := range g.request.terminals() {
		c.faults[t] = err
	}
}

// Next waits for the next edge of any input.
func (c *Cdev) Next(ctx context.Context) (Edge, error) {
	in := c.inputs.Load()
	if in == nil {
		return Edge{}, kernelError("wait for an edge", os.ErrClosed)
	}
	e, dead, err := in.next(ctx)
	if dead == nil {
		return e, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lose(dead, err)
	if len(in.all()) > 0 {
		err = fmt.Errorf("%w: %w", ErrPart, err)
	}
	return Edge{}, err
}
