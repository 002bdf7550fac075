package gpio

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/conn/v3/physic"

	"watchbox/firmware/driver"
)

// Pin is one terminal behind periph's gpio.PinIO, for periph's device drivers.
// High is a closed contact or an energised output. A terminal is an input or an
// output by its screw: In on an output and Out on an input are refused, so no
// read-back can ever switch a relay. May be used from any goroutine.
type Pin struct {
	cdev      *Cdev
	line      Line
	number    int
	inherited *os.File // outputs: from the holder; a copy of it is used

	mu    sync.Mutex
	file  *os.File
	fault error // outputs: why the last attempt to take it failed
	pull  gpio.Pull
	edge  gpio.Edge
}

var _ gpio.PinIO = (*Pin)(nil)

// Pin gives the terminal's pin, nil when the board has no such terminal.
func (c *Cdev) Pin(terminal string) *Pin { return c.pins[terminal] }

// Register enters every terminal in periph's gpioreg under its own name. Call it
// once per process.
func (c *Cdev) Register() error {
	for _, p := range c.pins {
		if err := gpioreg.Register(p); err != nil {
			return fmt.Errorf("gpio: register terminal %s: %w", p.line.Terminal, err)
		}
	}
	return nil
}

// String, Name, Number and Function say what the pin is; none touches it.
func (p *Pin) String() string { return p.line.Terminal }

// Name is the terminal.
func (p *Pin) Name() string { return p.line.Terminal }

// Number is the terminal's place in the board's list.
func (p *Pin) Number() int { return p.number }

// Function is "In" or "Out".
func (p *Pin) Function() string {
	if p.line.Output {
		return "Out"
	}
	return "In"
}

// In takes the input for this pin alone, with the wanted edges; edges of before
// are gone. A terminal that a Device watches is busy: errors.Is EBUSY.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	if p.line.Output {
		return fmt.Errorf("gpio %s: use an output as input: %w", p.line.Terminal, driver.ErrUnsupported)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
	l := p.line
	switch pull {
	case gpio.PullUp:
		l.Bias = PullUp
	case gpio.PullDown:
		l.Bias = PullDown
	case gpio.Float:
		l.Bias = BiasOff
	}
	r := &inputRequest{chip: l.Chip, claims: []Claim{{Terminal: l.Terminal}}, lines: []Line{l}}
	r.config.Flags = inputFlags(l, p.cdev.Realtime)
	if edge == gpio.RisingEdge || edge == gpio.BothEdges {
		r.config.Flags |= flagRising
	}
	if edge == gpio.FallingEdge || edge == gpio.BothEdges {
		r.config.Flags |= flagFalling
	}
	f, _, err := p.cdev.request(r)
	if err != nil {
		return fmt.Errorf("gpio %s: %w", l.Terminal, err)
	}
	p.file, p.pull, p.edge = f, pull, edge
	return nil
}

// Read is the level now, Low where it cannot be read. It changes nothing.
func (p *Pin) Read() gpio.Level {
	level, err := p.level()
	return gpio.Level(level && err == nil)
}

// level reads this pin's own request, or the Device's.
func (p *Pin) level() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		bits, err := getLevels(p.file, 1)
		if err != nil {
			err = p.judge(kernelError("read "+p.line.Terminal, err))
		}
		return bits&1 == 1, err
	}
	if p.line.Output {
		return false, cmp.Or(p.fault, kernelError("read output "+p.line.Terminal+", which is not claimed", os.ErrClosed))
	}
	r := p.cdev.levels()(p.line.Terminal)
	return r.Level, r.Fault
}

// WaitForEdge waits for one edge of the kind that In asked for: for ever when
// timeout is negative, not at all when it is 0. In and Halt end the wait with
// false.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	p.mu.Lock()
	f, edge := p.file, p.edge
	p.mu.Unlock()
	if p.line.Output || f == nil || edge == gpio.NoEdge {
		return false
	}
	var deadline time.Time
	if timeout >= 0 {
		deadline = time.Now().Add(timeout)
	}
	if f.SetReadDeadline(deadline) != nil {
		return false
	}
	var one [eventSize]byte
	n, err := f.Read(one[:])
	return err == nil && n == eventSize
}

// Pull is the bias that In asked for.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pull
}

// DefaultPull is unknown: the board's wiring decides.
func (p *Pin) DefaultPull() gpio.Pull { return gpio.PullNoChange }

// Out drives the output; the first call takes the line straight at that level.
func (p *Pin) Out(l gpio.Level) error {
	if !p.line.Output {
		return fmt.Errorf("gpio %s: use an input as output: %w", p.line.Terminal, driver.ErrUnsupported)
	}
	return p.drive(bool(l))
}

// PWM is not offered: a relay is no fan.
func (p *Pin) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("gpio %s: pulse width: %w", p.line.Terminal, driver.ErrUnsupported)
}

// Halt ends edge detection of an input, and brings an output that is held to its
// rest level.
func (p *Pin) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	if p.line.Output {
		return p.set(p.line.Rest)
	}
	p.drop()
	return nil
}
