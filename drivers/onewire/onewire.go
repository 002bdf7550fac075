// Package onewire reads the temperature sensors of a 1-Wire chain (DS18B20 and its
// family) by the kernel's driver w1_therm: Documentation/w1/slaves/w1_therm.rst and
// Documentation/ABI/testing/sysfs-driver-w1_therm of Linux 6.12.
//
// One sensor is one device, bound to the number that is burnt into it (its ROM); the
// devices of a chain share a bus, so that each conversion has the wire for itself.
// A sensor that is replaced gets its new number under the same id: points and
// history stay. A device without an address is the chain itself (Watch).
//
// A reading is one open and read of w1_slave: the kernel converts, which takes 750
// ms at 12 bits, and tells the bytes with their check sum; the shorter "temperature"
// hides the bytes. Package sysfs keeps the deadline meanwhile. A chain's bulk
// conversion (therm_bulk_read) is not used: it is root's to begin and spares time
// that nobody waits for, as 30 sensors take 24 s of a period of 30 s one by one.
package onewire

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"watchbox/drivers/sysfs"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// DefaultPeriod is how often a sensor is read.
const DefaultPeriod = 30 * time.Second

// readTimeout has room for a conversion and for the kernel's five tries to read it.
const readTimeout = 2 * time.Second

// What a sensor of the family can measure, °C (data sheet of the DS18B20).
const coldest, hottest = -55, 125

// face is what both devices of the package show to the box.
type face struct {
	name   string
	points []point.Point
	blocks []driver.Block
}

func newFace(spec driver.Spec, points []point.Point, timeout time.Duration) (face, error) {
	f := face{name: spec.Name, points: points}
	for key := range spec.Options {
		return f, fmt.Errorf("onewire %s: %w", spec.Name, driver.UnknownOption(key))
	}
	b := driver.Block{Name: "1-wire", Period: spec.Period, Priority: 1, Timeout: spec.Timeout}
	if b.Period == 0 {
		b.Period = DefaultPeriod
	}
	if b.Timeout == 0 {
		b.Timeout = timeout
	}
	for i := range points {
		p := &points[i]
		p.Name, p.Room, p.Stale = point.Join(spec.Name, string(p.Name)), spec.Room, (3*b.Period + b.Timeout).Milliseconds()
		p.Source = "Linux w1_therm"
		if err := p.Name.Check(); err != nil {
			return f, fmt.Errorf("onewire %s: %w", spec.Name, err)
		}
		b.Points = append(b.Points, p.Name)
	}
	f.blocks = []driver.Block{b}
	return f, nil
}

// Describe lists the points.
func (f *face) Describe() []point.Point { return f.points }

// Blocks is one block with all of them.
func (f *face) Blocks() []driver.Block { return f.blocks }

// Close has nothing to give back.
func (f *face) Close() error { return nil }

// Sensor is one thermometer. Point: ambient.temperature, °C. It meets
// driver.Poller; used by one goroutine.
type Sensor struct {
	face
	chain Chain
	rom   string
	files sysfs.Reader
}

// New makes the sensor whose number is spec.Address; it opens nothing.
func New(spec driver.Spec, chain Chain) (*Sensor, error) {
	number, err := ParseROM(spec.Address)
	if err != nil {
		return nil, fmt.Errorf("onewire %s: %w", spec.Name, err)
	}
	f, err := newFace(spec, []point.Point{{Name: "ambient.temperature", Label: point.Words{Zh: "温度", En: "Temperature"},
		Kind: point.Real, Unit: "°C", Decimals: 1}}, readTimeout)
	return &Sensor{face: f, chain: chain, rom: number}, err
}

// Poll converts once. A sensor that does not answer is ErrTimeout: the others of
// the chain are read on; the error names those that nobody named, as one of them
// may have taken its place. A chain that is not there is ErrDisconnect.
func (s *Sensor) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	celsius, err := s.celsius(ctx)
	if err != nil {
		return fmt.Errorf("onewire %s: %s: %w", s.name, s.rom, err)
	}
	out := point.Sample{Point: s.points[0].Name, Value: point.OfReal(celsius)}
	if celsius < coldest || celsius > hottest {
		out = point.Sample{Point: out.Point, Quality: point.BadBecause(point.OutOfRange)}
	}
	emit(out)
	return nil
}

func (s *Sensor) celsius(ctx context.Context) (float64, error) {
	present, err := s.chain.present()
	if err != nil {
		return 0, err
	}
	if !slices.Contains(present, s.rom) {
		return 0, s.hint(present, fmt.Errorf("the sensor is not on the chain: %w", driver.ErrTimeout))
	}
	text, err := s.files.Text(ctx, filepath.Join(s.chain.Master, s.rom, "w1_slave"))
	if errors.Is(err, driver.ErrNotPresent) { // it went between the two looks
		err = fmt.Errorf("the sensor has left the chain: %w", driver.ErrTimeout)
	}
	if err != nil {
		return 0, s.hint(present, err)
	}
	celsius, err := ParseReading(text)
	if errors.Is(err, driver.ErrTimeout) {
		err = s.hint(present, err)
	}
	return celsius, err
}

// hint tells which sensor may have taken the place of this one.
func (s *Sensor) hint(present []string, err error) error {
	if list := s.chain.unknown(present); len(list) > 0 {
		return fmt.Errorf("%w; without a name on this chain: %s: if it replaces this one, write it as the address of %s", err, listed(list), s.name)
	}
	return err
}
