// Package analog reads the analogue terminals of the box: an ADC channel through
// the kernel's industrial I/O interface, one reading a poll, as a voltage and as
// the resistance that hangs on the terminal. Supervised loops rest on it.
//
// A channel is a file of the kernel's ABI (Documentation/ABI/testing/sysfs-bus-iio):
// in_voltageY_raw is a number, in_voltageY_scale or in_voltage_scale the
// millivolts of one step, in_voltageY_offset or in_voltage_offset is added to
// the number first. The terminal is pulled up to the supply through a known
// resistor, so the loop's resistance is pull-up × V / (supply − V).
//
// Points: voltage in V, resistance in Ω. A terminal that is open reads Open. A
// transmitter (4–20 mA, 0–5 V) is a Signal.
package analog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"watchbox/drivers/sysfs"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Open is the resistance, in Ω, that stands for everything beyond it: an open loop.
const Open = 1_000_000

// DefaultPeriod is how often a terminal is read: EN 50131 asks that signals
// longer than 400 ms are processed.
const DefaultPeriod = 100 * time.Millisecond

const readTimeout = 200 * time.Millisecond

// Terminal is where the board has the channel and what pulls it up.
type Terminal struct {
	Raw    string  // path of in_voltageY_raw
	PullUp float64 // Ω; 0: nothing pulls it up, and it has no resistance
	Supply float64 // V of the pull-up; without one the converter's full scale, > 0
}

// Device is one analogue terminal. It meets driver.Poller; used by one goroutine.
type Device struct {
	name     string
	terminal Terminal
	files    sysfs.Reader
	points   []point.Point
	blocks   []driver.Block
}

// New makes the device of a terminal; it opens nothing.
func New(spec driver.Spec, t Terminal) (*Device, error) {
	for key := range spec.Options {
		return nil, fmt.Errorf("analog %s: %w", spec.Name, driver.UnknownOption(key))
	}
	if t.PullUp <= 0 {
		return nil, fmt.Errorf("analog %s: %w", spec.Name, driver.Bad("address", spec.Address, point.Words{Zh: "有上拉的端子（回路），或写选项 signal（变送器）", En: "a terminal that is pulled up, for a loop; or the option signal, for a transmitter"}))
	}
	return newDevice(spec, t)
}

func newDevice(spec driver.Spec, t Terminal) (*Device, error) {
	period := spec.Period
	if period == 0 {
		period = DefaultPeriod
	}
	d := &Device{name: spec.Name, terminal: t}
	stale := (10*period + readTimeout).Milliseconds()
	d.points = []point.Point{
		{Name: point.Join(spec.Name, "voltage"), Label: point.Words{Zh: "电压", En: "voltage"}, Kind: point.Real, Unit: "V", Decimals: 3, Room: spec.Room, Stale: stale},
		{Name: point.Join(spec.Name, "resistance"), Label: point.Words{Zh: "回路电阻", En: "loop resistance"}, Kind: point.Real, Unit: "Ω", Room: spec.Room, Stale: stale},
	}
	for _, p := range d.points {
		if err := p.Name.Check(); err != nil {
			return nil, fmt.Errorf("analog %s: %w", spec.Name, err)
		}
	}
	d.blocks = []driver.Block{{Name: "channel", Period: period, Timeout: readTimeout, Points: []point.Name{d.points[0].Name, d.points[1].Name}}}
	return d, nil
}

// Describe lists the two points.
func (d *Device) Describe() []point.Point { return d.points }

// Blocks is one block with both.
func (d *Device) Blocks() []driver.Block { return d.blocks }

// Close has nothing to give back.
func (d *Device) Close() error { return nil }

// Poll converts once. A converter that hangs in the kernel costs this terminal its
// reading, see package sysfs.
func (d *Device) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	volts, err := d.volts(ctx)
	if err != nil {
		return fmt.Errorf("analog %s: %w", d.name, err)
	}
	emit(point.Sample{Point: d.points[0].Name, Value: point.OfReal(volts)})
	emit(point.Sample{Point: d.points[1].Name, Value: point.OfReal(d.terminal.ohms(volts))})
	return nil
}

func (d *Device) volts(ctx context.Context) (float64, error) {
	raw, err := d.files.Number(ctx, d.terminal.Raw)
	if err != nil {
		return 0, err
	}
	scale, err := d.attribute(ctx, "scale", 1)
	if err != nil {
		return 0, err
	}
	offset, err := d.attribute(ctx, "offset", 0)
	return (raw + offset) * scale / 1000, err
}

// attribute reads the channel's own file, or the one that all channels share.
func (d *Device) attribute(ctx context.Context, name string, missing float64) (float64, error) {
	raw := d.terminal.Raw
	v, err := d.files.Number(ctx, strings.TrimSuffix(raw, "raw")+name)
	if errors.Is(err, driver.ErrNotPresent) {
		v, err = d.files.Number(ctx, filepath.Join(filepath.Dir(raw), "in_voltage_"+name))
	}
	if errors.Is(err, driver.ErrNotPresent) {
		if _, still := os.Stat(raw); still == nil {
			return missing, nil
		}
	}
	return v, err
}

// ohms is what hangs on the terminal: 0 for a short, Open for nothing.
func (t Terminal) ohms(volts float64) float64 {
	if volts <= 0 {
		return 0
	}
	if volts >= t.Supply {
		return Open
	}
	return min(t.PullUp*volts/(t.Supply-volts), Open)
}
