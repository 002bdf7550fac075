// Package self is the box as a device of itself: how long it has run, what it
// uses, what is left of its disk, and how far its clock can be trusted. It reads
// the kernel's files and calls; nothing here waits.
//
// Options: data, the directory whose disk is watched (default "."); flash-budget,
// what may be written to it per day, in MB; flash-endurance, what its maker promises
// that it can take in its life, in TB (TBW).
package self

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Defaults of a device whose site file says nothing.
const (
	DefaultPeriod = 10 * time.Second
	readTimeout   = 2 * time.Second
)

// gauge is one point and how it is read. An error makes that point bad, not the
// others.
type gauge struct {
	point point.Point
	read  func(*Device) (point.Value, error)
}

// Device is the box. It meets driver.Poller. Used by one goroutine.
type Device struct {
	name   string
	data   string
	root   string // where /proc and /sys are; "/" but in tests
	points []point.Point
	blocks []driver.Block

	budget    float64 // MB per day
	endurance float64 // TB; 0: not known
	marks     []mark  // of a day, ten minutes apart

	spent time.Duration // CPU of this process at the last poll
	at    time.Time     // when that was
}

// New makes the device.
func New(spec driver.Spec) (*Device, error) {
	d := &Device{name: spec.Name, root: "/", data: ".", budget: DefaultBudget}
	for k, v := range spec.Options {
		if err := d.option(k, v); err != nil {
			return nil, fmt.Errorf("self %s: %w", spec.Name, err)
		}
	}
	period := spec.Period
	if period == 0 {
		period = DefaultPeriod
	}
	b := driver.Block{Name: "box", Period: period, Priority: 3, Timeout: readTimeout}
	for _, g := range gauges {
		p := g.point
		p.Name, p.Room, p.Stale = point.Join(spec.Name, string(p.Name)), spec.Room, (3*period + readTimeout).Milliseconds()
		if err := p.Name.Check(); err != nil {
			return nil, fmt.Errorf("self %s: %w", spec.Name, err)
		}
		d.points, b.Points = append(d.points, p), append(b.Points, p.Name)
	}
	d.blocks = []driver.Block{b}
	return d, nil
}

func (d *Device) option(key, value string) (err error) {
	switch {
	case key == "data" && value != "":
		d.data = value
	case key == "flash-budget":
		d.budget, err = amount(key, value, 1, 100_000)
	case key == "flash-endurance":
		d.endurance, err = amount(key, value, 0.1, 100_000)
	default:
		return driver.UnknownOption(key, "flash-budget", "flash-endurance") // data is given by the box
	}
	return err
}

func amount(key, value string, least, most float64) (float64, error) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= least && f <= most) {
		return 0, driver.BadOption(key, value, driver.Between(least, most))
	}
	return f, nil
}

// Describe lists the points.
func (d *Device) Describe() []point.Point { return d.points }

// Blocks is one block with everything.
func (d *Device) Blocks() []driver.Block { return d.blocks }

// Close has nothing to give back.
func (d *Device) Close() error { return nil }

// Poll reads every gauge. It fails only when none could be read.
func (d *Device) Poll(_ context.Context, _ int, emit driver.Emit) error {
	var failed []error
	for i, g := range gauges {
		v, err := g.read(d)
		s := point.Sample{Point: d.points[i].Name, Value: v}
		if err != nil {
			failed = append(failed, err)
			s.Quality = point.BadBecause(point.DeviceFault)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, driver.ErrNotPresent) {
				s.Quality.Reason = point.NotPresent
			}
		}
		emit(s)
	}
	if len(failed) == len(gauges) {
		return fmt.Errorf("self %s: %w: %w", d.name, driver.ErrRefused, errors.Join(failed...))
	}
	return nil
}
