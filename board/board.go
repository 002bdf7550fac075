// Package board says what is soldered where: which labelled screw of the box is
// which line, port or chip. A profile is data; a new board is a folder with a
// board.yaml and a README with its wiring table.
//
// The package reads and checks; it opens nothing. cmd turns a Profile into the
// lines of drivers/gpio and the ports of drivers/serial.
package board

import (
	"embed"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/point"
)

//go:embed */board.yaml
var profiles embed.FS

// Profile is one board.
type Profile struct {
	Name    string
	Label   point.Words
	GPIO    string // "cdev": the kernel's lines; "sim": a simulated room behind Socket
	Socket  string // sim only; see Expand
	Inputs  []Input
	Outputs []Output
	Analog  []Analog
	Ports   []Port
	Reset   *Reset // nil: the box has no button for it
}

// Reset is the button behind a small hole that gives the box back as it came: it
// is held while the box starts. No site file may use its terminal.
type Reset struct {
	Terminal string // an input: closed while the button is held
	Lamp     string // an output that shows what the box understood; "" has none
}

// Line is where an input or output is soldered.
type Line struct {
	Terminal  string // "DI3"
	Chip      string // label or name of the GPIO chip; cdev only
	Offset    int    // number of the line on its chip, -1 where Kernel names it
	Kernel    string // the kernel's name of the line
	ActiveLow bool   // low voltage is a closed contact, an energised output
}

// Input is a terminal for a contact.
type Input struct {
	Line
	Bias string // as-is, pull-up, pull-down, off
}

// Output is a terminal that drives something.
type Output struct {
	Line
	Rest     bool          // energised while nobody commands
	Hold     time.Duration // how long a level outlives the daemon before it rests; 0: at once
	Undriven string        // off, on, unknown: from power-on until init drives the line
}

// Analog is a terminal on a channel of an ADC, for a supervised loop or a sensor.
type Analog struct {
	Terminal string
	Path     string  // the channel's in_voltageY_raw of the kernel's industrial I/O; see Expand
	PullUp   float64 // Ω of the resistor to the supply; 0: none, for transmitters only
	Supply   float64 // V of it; without a pull-up the full scale of the converter
}

// Port is a terminal for a wire that carries bytes.
type Port struct {
	Terminal string // "RS485-1"
	Kind     string // rs485, rs232, spi, i2c, 1-wire
	Path     string // device node or socket; of i2c and 1-wire the folder of the bus in /sys/bus; see Expand. Empty where USB is set
	USB      string // for an adapter: the kernel's name of the USB interface behind the socket, "1-1.2:1.0"
}

// Names lists the boards there are.
func Names() []string {
	entries, err := profiles.ReadDir(".")
	if err != nil {
		panic("board: embedded profiles: " + err.Error()) // cannot happen: the files are in the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Load reads the profile of that name. The error of a bad profile names file,
// line and column of all faults.
func Load(name string) (*Profile, error) {
	file := path.Join(name, "board.yaml")
	data, err := profiles.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("board %q: no such board, allowed %s", name, strings.Join(Names(), ", "))
	}
	p, err := Parse("board/"+file, data)
	if err == nil && p.Name != name {
		err = fmt.Errorf("board/%s: it is named %q, want the folder's name %q", file, p.Name, name)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Input, Output and Port find a terminal; ok is false when the board has none
// of that name and kind.
func (p *Profile) Input(terminal string) (in Input, ok bool) {
	for _, in := range p.Inputs {
		if in.Terminal == terminal {
			return in, true
		}
	}
	return Input{}, false
}

// AnalogTerminal finds an analogue terminal.
func (p *Profile) AnalogTerminal(terminal string) (a Analog, ok bool) {
	for _, a := range p.Analog {
		if a.Terminal == terminal {
			return a, true
		}
	}
	return Analog{}, false
}

// Output finds an output terminal.
func (p *Profile) Output(terminal string) (out Output, ok bool) {
	for _, out := range p.Outputs {
		if out.Terminal == terminal {
			return out, true
		}
	}
	return Output{}, false
}

// Port finds a port terminal.
func (p *Profile) Port(terminal string) (port Port, ok bool) {
	for _, port := range p.Ports {
		if port.Terminal == terminal {
			return port, true
		}
	}
	return Port{}, false
}

// Has is true for a board with a port of that kind.
func (p *Profile) Has(kind string) bool {
	return slices.ContainsFunc(p.Ports, func(port Port) bool { return port.Kind == kind })
}

// Expand replaces ${NAME} in a path of the profile by the environment variable:
// on board sim ${WATCHBOX_SIM} is the folder in which fieldsim keeps its
// sockets. A variable that is not set is an error.
func Expand(path string) (string, error) {
	var missing []string
	full := os.Expand(path, func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			missing = append(missing, name)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("board: path %s: environment variable %s is not set", path, strings.Join(missing, ", "))
	}
	return full, nil
}
