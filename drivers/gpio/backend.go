package gpio

import (
	"context"
	"errors"
	"time"
)

// Line is one terminal of the box as the board's description wires it. A level
// is always logical: true is a closed contact or an energised output, whatever
// voltage that is on the chip's pin.
type Line struct {
	Terminal  string        // "DI3": upper-case letters, digits and '-', at most 32
	Chip      string        // cdev: the chip's label or name ("gpiochip0"); sim: unused
	Offset    int           // cdev: the line's number on its chip; -1 finds it by Kernel
	Kernel    string        // cdev: the kernel's own name of the line, where Offset is -1
	Output    bool          // what the terminal is made for
	ActiveLow bool          // true: low voltage is a closed contact, an energised output
	Bias      Bias          // inputs only
	Rest      bool          // outputs: the level while nobody commands
	Hold      time.Duration // outputs: how long a level outlives the daemon, then Rest; negative means for ever
}

// Bias is what holds an open input.
type Bias uint8

// The biases. BiasAsIs leaves what the boot loader or the board set.
const (
	BiasAsIs Bias = iota
	PullUp
	PullDown
	BiasOff
)

var biasNames = [...]string{"as-is", "pull-up", "pull-down", "off"}

func (b Bias) String() string {
	if int(b) < len(biasNames) {
		return biasNames[b]
	}
	return "bias?"
}

// BiasOf reads what String writes; "" is BiasAsIs.
func BiasOf(name string) (b Bias, ok bool) {
	for i, n := range biasNames {
		if n == name {
			return Bias(i), true
		}
	}
	return BiasAsIs, name == ""
}

// Claim asks a back end for one terminal.
type Claim struct {
	Terminal string
	Debounce time.Duration // inputs: how long a level must stand before it is an edge
}

// Edge is one change of an input.
type Edge struct {
	Terminal string
	Level    bool          // after the edge
	Group    int           // who numbered it: one per chip and claim, never used again
	Sequence uint64        // its number in the group, from 1, without gaps unless edges were lost
	Line     uint64        // its number on its own line, from 1
	Time     time.Duration // the kernel's time stamp on the event clock; 0 where there is none
}

// Reading is how one terminal stands.
type Reading struct {
	Level bool
	Fault error // why it cannot be read, Level says nothing then; nil: it was
}

// ErrPart is wrapped by an error about some lines only: the others go on.
var ErrPart = errors.New("some lines were lost")

// Backend is where the lines really are: the kernel's character device, or a
// simulated room. All calls may run at once, but each of Inputs, Outputs and
// Next by one caller only. All end by their context; Close ends a waiting Next
// with driver.ErrDisconnect. An error wraps one class of package driver, and the
// errno where the kernel gave one.
//
// A line that cannot be had costs no other. Each claim is one attempt at those
// that are not held, and fails only when none is held after it; Read tells of
// each line what is wrong with it. Who claims again, and when, is the caller's.
type Backend interface {
	// Inputs claims the inputs that are not held yet, with both edges. After an
	// error of Next it is to be called again.
	Inputs(ctx context.Context, inputs []Claim) error
	// Outputs claims the outputs that are not held yet. Such a line takes its rest
	// level in the same step; one that was held keeps its level.
	Outputs(ctx context.Context, outputs []Claim) error
	// Read gives the level of each terminal, and changes nothing.
	Read(ctx context.Context, terminals []string) ([]Reading, error)
	// Set drives one claimed output.
	Set(ctx context.Context, terminal string, level bool) error
	// Next waits for the next edge. After an error that wraps ErrPart it can be
	// called on: Read tells which lines are gone.
	Next(ctx context.Context) (Edge, error)
	// Close lets everything go and ends a waiting Next. Outputs stay as they are
	// as far as the back end's owner of last resort says so.
	Close() error
}
