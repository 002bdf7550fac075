package driver

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"watchbox/firmware/point"
)

// Port is an open serial line. Reads and writes honour their deadlines; a
// deadline that passed gives os.ErrDeadlineExceeded, a port that was unplugged
// gives an error that wraps ErrDisconnect. Used by one goroutine at a time;
// Close may be called from another and ends a blocked Read.
type Port interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	Flush() error // throws away what was received and not yet read
}

// Shaper is a Port whose line can be changed while it is open. Nothing may be under
// way in either direction; does not block.
type Shaper interface {
	Port
	Shape(line Line) error
}

// Line is the shape of a serial line.
type Line struct {
	Baud     int    // bits per second
	Parity   string // none, even, odd
	DataBits int    // 5–8, 0 means 8
	StopBits int    // 1 or 2, 0 means 1
}

// String is the line as installers write it: 9600 8N1.
func (l Line) String() string {
	letter := map[string]string{"even": "E", "odd": "O"}[l.Parity]
	return fmt.Sprintf("%d %d%s%d", l.Baud, cmp.Or(l.DataBits, 8), cmp.Or(letter, "N"), max(1, l.StopBits))
}

// Spec is what the site file says of one device, as a factory gets it.
type Spec struct {
	Name    string // "ups1": the first part of its points' names
	Room    string
	Label   point.Words
	Driver  string            // the factory's name in drivers/all
	Map     string            // "huawei/ups2000": a file under drivers/maps, where the driver uses maps
	Address string            // host:port, unit number, terminal: as the driver documents it
	Unit    int               // slave address on a shared bus
	Period  time.Duration     // 0: the map's or the driver's own
	Timeout time.Duration     // 0: the map's or the driver's own
	Options map[string]string // the driver's own keys, checked by the factory; secrets already resolved
	Inputs  []Input           // gpio: what hangs on which terminal
}

// Input is one labelled terminal and the item it gives.
type Input struct {
	Terminal string // "DI3"
	Item     string // "door.contact"
	Label    point.Words
	Rest     string // for inputs: open or closed is normal; for outputs: the level while nobody commands
	Output   bool
	Debounce time.Duration
	Point    point.Name            // the point's full name; empty means the device's name, then Item
	Room     string                // where the contact hangs; empty means the device's room
	States   map[int64]point.Words // texts of 0 (at rest) and 1
}
