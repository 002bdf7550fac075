// Package maps holds what is known of products that speak Modbus or YD/T 1363: one YAML file
// per product family, with the origin and the trust of every register. A new
// product on a known protocol is a new file here and no Go. The files are read
// strictly; every fault is told with file, line and column.
//
// Everything here is data: nothing blocks, and a *Map that was loaded is never
// changed, so that any number of devices and goroutines may share it.
package maps

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Table is one of the four address spaces of a Modbus device. Its number is the
// function code that reads it.
type Table uint8

// The four tables.
const (
	Coil     Table = 1 // bits that can be written
	Discrete Table = 2 // bits that can be read only
	Holding  Table = 3 // registers that can be written
	Input    Table = 4 // registers that can be read only
	Info     Table = 5 // of YD/T 1363: bytes of the answer to one command
)

func (t Table) String() string {
	if t < Coil || t > Info {
		return fmt.Sprintf("table(%d)", uint8(t))
	}
	return [...]string{"coil", "discrete", "holding", "input", "info"}[t-1]
}

// Bits is true for the tables of single bits.
func (t Table) Bits() bool { return t == Coil || t == Discrete }

// Type says how the registers of a point are read.
type Type uint8

// The types. Bit is also that of coils and discrete inputs.
const (
	U16 Type = iota
	S16
	U32
	S32
	Float32 // IEEE 754
	Bit     // one bit of a register, or a coil
	Any     // true while any bit of Masks is set in Width registers
	U8      // one byte of Info
	Status  // one byte of Info that tells of an alarm: see Normal
	ASCII   // text, two characters to a register, the first in the high byte
	U24     // three bytes of Info
	Clock   // seven bytes of Info: see Time
)

var typeNames = [...]string{"u16", "s16", "u32", "s32", "float32", "bit", "any", "u8", "status", "ascii", "u24", "clock"}

func (t Type) String() string { return typeNames[t] }

// number is true for what has a scale.
func (t Type) number() bool { return t <= Float32 || t == U8 || t == U24 }

// Rank says how urgent a point is; it orders the reads and picks the period.
type Rank uint8

// The ranks are also the priorities of the blocks.
const (
	Alarm     Rank = iota // something is wrong: asked most often
	Measure               // a quantity that moves
	Statistic             // a rating, a counter of hours
)

// Confidence is how far an address can be trusted, best first.
type Confidence string

// The five levels of trust.
const (
	VendorPaper      Confidence = "vendor paper"
	MaintainedDriver Confidence = "maintained driver"
	FieldProfile     Confidence = "field profile"
	Captured         Confidence = "captured"
	Unconfirmed      Confidence = "to be confirmed"
)

// The protocols that a map may be of.
const (
	Modbus  = "modbus"
	YDT1363 = "ydt1363"
)

// Map is one product family.
type Map struct {
	Name        string // "huawei/ups2000"
	Label       point.Words
	Protocol    string      // Modbus or YDT1363
	Class       uint8       // of YD/T 1363: CID1
	Versions    []uint8     // of YD/T 1363: 0x21 is 2.1; tried in this order
	Identity    point.Words // how a person tells that this is the product in front of him
	Fingerprint []string    // items that only this product answers within their ranges; see Fits
	Brief       point.Words // the device in one line, {item} where a value stands; may be empty
	Source      string      // where the registers come from
	Confidence  Confidence  // of points that do not say their own
	Line        driver.Line // as the product leaves the factory
	Registers   int         // the most registers that one request may ask for, 1–125
	Bits        int         // the most coils or inputs that one request may ask for, 1–2000
	Gap         int         // unused addresses that may be read over to join two points
	Single      bool        // one request per point
	Pause       time.Duration
	Settle      time.Duration // after a write, before the next request
	Timeout     time.Duration // for the first byte of an answer, without the time on the wire
	Worst       time.Duration // the slowest answer ever seen: the bus is kept quiet so long after silence
	Periods     [3]time.Duration
	Loss        Loss
	Points      []Point
}

// Template tells whether nothing in the map is known of the product: every point is
// to be confirmed on site, and the page says so.
func (m *Map) Template() bool {
	return !slices.ContainsFunc(m.Points, func(p Point) bool { return p.Confidence != Unconfirmed })
}

// Loss is what the product does with its outputs when nobody talks to it.
type Loss struct {
	State  string        // driver.RestOff, …; empty in a map that writes nothing
	After  time.Duration // of silence; 0 where nothing happens, or it is unknown
	Source string
}

//go:embed *.yaml */*.yaml
var files embed.FS

// Names lists every map that is linked in, in order.
func Names() []string {
	var names []string
	_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimSuffix(path, ".yaml"))
		}
		return err
	})
	slices.Sort(names)
	return names
}

// Load reads the map of that name: "huawei/ups2000". An unknown name wraps
// driver.ErrUnsupported; the faults of a file are joined.
func Load(name string) (*Map, error) {
	data, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("map %q: want one of %s: %w", name, strings.Join(Names(), ", "), driver.ErrUnsupported)
	}
	m, err := Parse(name+".yaml", data)
	if err != nil {
		return nil, err
	}
	m.Name = name
	return m, nil
}

// Point is the item of that name; nil when the map has none.
func (m *Map) Point(item string) *Point {
	for i := range m.Points {
		if m.Points[i].Item == item {
			return &m.Points[i]
		}
	}
	return nil
}
