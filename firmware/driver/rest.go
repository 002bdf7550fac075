package driver

import (
	"time"

	"watchbox/firmware/point"
)

// The states of an output that nobody commands.
const (
	RestOff     = "off"
	RestOn      = "on"
	RestHold    = "hold"    // as it was last told
	RestUnknown = "unknown" // nobody wrote it down: to be confirmed on site
)

// Rest is what becomes of one output when nobody commands it any more: when the
// daemon died, for a terminal of the box; when nothing comes over the wire, for
// a device that is away from the box.
type Rest struct {
	Point    point.Name
	Label    point.Words   // of a device's own output, without the device
	Terminal string        // of the box; empty for a device's own output
	State    string        // off, on, hold, unknown: after Hold
	Hold     time.Duration // how long the last level stays before; 0: not at all, or unknown
	Undriven string        // off, on, unknown: from power-on until init drives it; empty for a device's own
	Source   string        // where this is known from
}

// Rester is a device that knows what becomes of its outputs. Never blocks.
type Rester interface {
	Rests() []Rest
}
