// Package annunciate decides what sounders, beacons, relays and the LED wall
// show for a set of alarms. It is pure: the engine's goroutine tells it the
// alarms and the time, and it answers with the level of each output, the wall's
// frame, and when it wants to be asked again.
package annunciate

import (
	"context"
	"slices"
	"time"

	"watchbox/firmware/point"
)

// Annunciator is one entry of `annunciators:` in the site file: an output and
// what it is for.
type Annunciator struct {
	ID     string        `yaml:"id"`
	Label  point.Words   `yaml:"label"`
	Kind   string        `yaml:"kind" allowed:"sounder|beacon|relay"`
	Output point.Name    `yaml:"output" doc:"the point that is written: terminals/siren"`
	Rooms  []string      `yaml:"rooms" doc:"only alarms of these rooms; none means all"`
	Class  []string      `yaml:"class" doc:"only these classes; none means alarm and supervisory for a sounder, all for others; delay makes a sounder the buzzer of entry and exit delays and of doors that stand open"`
	Upto   int           `yaml:"upto" min:"1" max:"4" default:"4" doc:"least urgent priority that it shows"`
	Alarms []string      `yaml:"alarms" doc:"only these alarm keys, * matches; for relays"`
	CutOff time.Duration `yaml:"cut-off" min:"2m" max:"15m" default:"5m" doc:"EN 50131: a siren stops after 2–15 min"`
	// Feedback is read back from the output: a relay's second contact, a coil's current.
	Feedback point.Name    `yaml:"feedback" doc:"a point that is true while the output really is on; what it contradicts is an alarm"`
	Within   time.Duration `yaml:"feedback-within" min:"500ms" max:"30s" default:"2s" doc:"how long the output may take"`
	// What follows is for relays only; see relay.go.
	Delay      time.Duration `yaml:"delay" min:"0s" max:"1h" doc:"relay: its alarm must stand so long before it goes on"`
	Pulse      time.Duration `yaml:"pulse" min:"0s" max:"1h" doc:"relay: on for so long, once for each raise, then off"`
	MinimumOn  time.Duration `yaml:"minimum-on" min:"0s" max:"1h" doc:"relay: once on it stays on so long"`
	MinimumOff time.Duration `yaml:"minimum-off" min:"0s" max:"1h" doc:"relay: once off, or after a start of the box, it stays off so long"`
	Interlock  []string      `yaml:"interlock" doc:"relay: ids of relays that are never on together with it; the one that is on stays, of two that wait the first in the file goes on"`
}

// Wall is the LED status wall: one column per room, one row per state.
type Wall struct {
	Device string   `yaml:"device" doc:"the ledwall device it is shown on"`
	Rooms  []string `yaml:"rooms" doc:"the columns, left to right"`
	Rows   []string `yaml:"rows" doc:"the rows, top to bottom: alarm, supervisory, trouble, armed, power"`
	Pixels int      `yaml:"pixels" min:"1" max:"64" default:"1" doc:"LEDs per cell"`
	Power  []string `yaml:"power" doc:"alarm keys of the power row, * matches; none means those with mains, power or battery in the key"`
	// Heartbeat adds one lamp after the last, which blinks while the box lives.
	Heartbeat bool `yaml:"heartbeat" doc:"one more lamp at the end that blinks while the box lives"`
}

// RGB is one lamp of the wall.
type RGB struct{ R, G, B uint8 }

// Frame is the wall as it should look now, column after column, row by row in
// each, Pixels lamps a cell.
type Frame []RGB

// Equal is true when both frames look the same.
func (f Frame) Equal(g Frame) bool { return slices.Equal(f, g) }

// Display is a wall that can be driven. Show is one attempt within ctx's
// deadline, from one goroutine at a time; the frame belongs to the caller. The
// owner shows the frame again at least once a second, changed or not: a
// network wall goes dark after 2.5 s without one.
type Display interface {
	Show(ctx context.Context, f Frame) error
}

// Level is what one output must be now.
type Level struct {
	Output point.Name
	On     bool
}
