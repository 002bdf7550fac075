// Package i2c reads temperature, humidity and air pressure of sensors on an I²C bus
// by the kernel's own drivers (hwmon and industrial I/O), found by bus and address.
// The kernel's drivers are used where they exist, rather than periph.io's: they hold
// the bus against each other (clock, ADC), know each chip's timing and check sums,
// and the daemon needs no right to write on a bus that carries the clock.
//
// The kernel does not find such sensors by itself: cmd/init, as root, tells it what
// the site file names (Attach), and the daemon only reads. A dew point is made of
// the two points by firmware/derive.
package i2c

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"watchbox/drivers/sysfs"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// DefaultPeriod is how often a sensor is read.
const DefaultPeriod = 10 * time.Second

// readTimeout has room for the kernel's own limit of a transfer, one second on most
// adapters.
const readTimeout = 2 * time.Second

// Sensor is one chip. It meets driver.Poller; used by one goroutine.
type Sensor struct {
	name   string
	bus    Bus
	at     int
	items  []item
	points []point.Point
	blocks []driver.Block
	files  sysfs.Reader
}

// New makes the sensor at spec.Address ("0x48") with the option chip; it opens nothing.
func New(spec driver.Spec, bus Bus) (*Sensor, error) {
	for key := range spec.Options {
		if key != "chip" {
			return nil, fmt.Errorf("i2c %s: %w", spec.Name, driver.UnknownOption(key, "chip"))
		}
	}
	address, err := ParseAddress(spec.Address)
	if err = errors.Join(err, ParseChip(spec.Options["chip"])); err != nil {
		return nil, fmt.Errorf("i2c %s: %w", spec.Name, err)
	}
	s := &Sensor{name: spec.Name, bus: bus, at: address, items: chips[spec.Options["chip"]]}
	b := driver.Block{Name: spec.Options["chip"], Period: spec.Period, Priority: 1, Timeout: spec.Timeout}
	if b.Period == 0 {
		b.Period = DefaultPeriod
	}
	if b.Timeout == 0 {
		b.Timeout = readTimeout
	}
	for _, i := range s.items {
		p := point.Point{Name: point.Join(spec.Name, i.name), Label: i.label, Kind: point.Real, Unit: i.unit, Decimals: 1, Room: spec.Room,
			Stale: (3*b.Period + b.Timeout).Milliseconds(), Source: "Linux " + b.Name}
		if err := p.Name.Check(); err != nil {
			return nil, fmt.Errorf("i2c %s: %w", spec.Name, err)
		}
		s.points, b.Points = append(s.points, p), append(b.Points, p.Name)
	}
	s.blocks = []driver.Block{b}
	return s, nil
}

// Describe lists what the chip measures.
func (s *Sensor) Describe() []point.Point { return s.points }

// Blocks is one block with all of it.
func (s *Sensor) Blocks() []driver.Block { return s.blocks }

// Close has nothing to give back.
func (s *Sensor) Close() error { return nil }

// Poll reads each value once. A chip that is not there or does not answer is
// ErrTimeout, a bus that is not there ErrDisconnect.
func (s *Sensor) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	for n, i := range s.items {
		v, err := s.read(ctx, i)
		if err != nil {
			return fmt.Errorf("i2c %s: 0x%02x on %s: %w", s.name, s.at, s.bus, err)
		}
		out := point.Sample{Point: s.points[n].Name, Value: point.OfReal(v)}
		if v < i.low || v > i.high {
			out = point.Sample{Point: out.Point, Quality: point.BadBecause(point.OutOfRange)}
		}
		emit(out)
	}
	return nil
}

func (s *Sensor) read(ctx context.Context, i item) (float64, error) {
	if _, err := os.Stat(s.bus.Adapter); err != nil {
		return 0, fmt.Errorf("the box has no such I²C bus: %w", driver.ErrDisconnect)
	}
	found, err := filepath.Glob(filepath.Join(s.bus.folder(s.at), i.file))
	if err != nil || len(found) == 0 {
		return 0, fmt.Errorf("the kernel has no sensor there (%s): nothing answered when it looked: %w", i.file, driver.ErrTimeout)
	}
	v, err := s.files.Number(ctx, found[0])
	if errors.Is(err, driver.ErrNotPresent) { // it went between the two looks
		err = fmt.Errorf("the sensor was taken away: %w", driver.ErrTimeout)
	}
	return v * i.scale, err
}
