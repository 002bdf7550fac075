package analog

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// The bounds of a 4–20 mA signal, mA, after NAMUR NE 43 (by public summaries; its own
// text is not public): 3.8 to 20.5 is a measurement, below 3.6 or above 21 the loop or
// its transmitter has failed. Between them the value is the last one that is possible.
const (
	brokenBelow = 3.6
	shortAbove  = 21.0
	liveZero    = 4.0
	fullScale   = 20.0
)

// The states of a loop, as the point "wire" tells them.
const (
	wireWell int64 = iota
	wireBroken
	wireShort
)

var wires = map[int64]point.Words{wireWell: {Zh: "正常", En: "well"}, wireBroken: {Zh: "断线", En: "broken"}, wireShort: {Zh: "短路或超限", En: "shorted"}}

// Signal is a transmitter on an analogue terminal: a current through a resistor across
// it (4-20mA), or a voltage (0-5V, 0-10V), with what its two ends stand for.
//
// Points: value, in the unit of the options; of a current also current in mA and wire.
// A loop that is broken or shorted makes the value bad and the poll fail, so that
// nobody has to write a rule for it. It meets driver.Poller; used by one goroutine.
type Signal struct {
	Device
	kind      string
	shunt     float64 // Ω across the terminal, of a current
	divider   float64 // of a voltage: at the transmitter ÷ at the terminal
	low, high float64 // at the two ends of the signal
}

// volts are the full scales of the voltage signals.
var volts = map[string]float64{"0-5V": 5, "0-10V": 10}

// NewSignal makes the device of a transmitter; it opens nothing. The options: signal
// (4-20mA, 0-5V, 0-10V), low and high (what its ends stand for), unit, decimals; shunt in Ω for
// a current, divider for a voltage.
func NewSignal(spec driver.Spec, t Terminal) (*Signal, error) {
	o := options{spec.Options, map[string]bool{"signal": true, "unit": true}, nil}
	s := &Signal{kind: spec.Options["signal"], low: o.real("low", -1e9, 1e9, math.NaN()), high: o.real("high", -1e9, 1e9, math.NaN())}
	decimals := int(o.real("decimals", 0, 6, 1))
	switch {
	case s.kind == "4-20mA":
		s.shunt = o.real("shunt", 10, shuntMost(t), math.NaN())
	case volts[s.kind] == 0:
		o.fail(driver.BadOption("signal", s.kind, driver.OneOf("4-20mA", "0-5V", "0-10V")))
	case t.PullUp > 0:
		o.fail(driver.Bad("address", spec.Address, point.Words{Zh: "没有上拉的端子：这一个有上拉，只能接回路", En: "a terminal that is not pulled up: this one is, for loops"}))
	default:
		s.divider = o.real("divider", 1, 100, 1)
	}
	if s.low == s.high {
		o.fail(driver.BadOption("high", spec.Options["high"], point.Words{Zh: "与 low 不同的数", En: "another number than low"}))
	}
	if err := o.done(); err != nil {
		return nil, fmt.Errorf("analog %s: %w", spec.Name, err)
	}
	d, err := newDevice(spec, t)
	if err != nil {
		return nil, err
	}
	s.Device = *d
	s.describe(point.Unit(o.given["unit"]), decimals)
	return s, nil
}

// shuntMost is the greatest resistor at which a current that is too high is still seen
// as one: within the supply.
func shuntMost(t Terminal) float64 { return math.Floor(t.Supply / (shortAbove + 0.5) * 1000) }

func (s *Signal) describe(unit point.Unit, decimals int) {
	p := s.points[0]
	name := func(item string) point.Name { return point.Join(s.name, item) }
	value := point.Point{Name: name("value"), Label: point.Words{Zh: "测量值", En: "measured value"}, Kind: point.Real, Unit: unit, Decimals: decimals, Room: p.Room, Stale: p.Stale}
	s.points = []point.Point{value}
	if s.kind == "4-20mA" {
		s.points = append(s.points,
			point.Point{Name: name("current"), Label: point.Words{Zh: "回路电流", En: "loop current"}, Kind: point.Real, Unit: "mA", Decimals: 2, Room: p.Room, Stale: p.Stale},
			point.Point{Name: name("wire"), Label: point.Words{Zh: "回路", En: "loop"}, Kind: point.Int, States: wires, Room: p.Room, Stale: p.Stale})
	}
	s.blocks[0].Points = nil
	for _, p := range s.points {
		s.blocks[0].Points = append(s.blocks[0].Points, p.Name)
	}
}

// Poll converts once.
func (s *Signal) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	v, err := s.volts(ctx)
	if err != nil {
		return fmt.Errorf("analog %s: %w", s.name, err)
	}
	if s.kind != "4-20mA" {
		emit(s.scaled(v * s.divider / volts[s.kind]))
		return nil
	}
	return s.loop(s.terminal.milliamperes(v, s.shunt), emit)
}

// loop tells a current, and what it stands for.
func (s *Signal) loop(current float64, emit driver.Emit) error {
	wire := wireWell
	switch {
	case current < brokenBelow:
		wire = wireBroken
	case current > shortAbove:
		wire = wireShort
	}
	emit(point.Sample{Point: s.points[1].Name, Value: point.OfReal(current)})
	emit(point.Sample{Point: s.points[2].Name, Value: point.OfInt(wire)})
	if wire != wireWell {
		emit(point.Sample{Point: s.points[0].Name, Quality: point.BadBecause(point.DeviceFault)})
		return fmt.Errorf("analog %s: the loop is %s: %.2f mA: %w", s.name, wires[wire].En, current, driver.ErrTimeout)
	}
	emit(s.scaled((current - liveZero) / (fullScale - liveZero)))
	return nil
}

// scaled is the value at a part of the scale. Beyond its ends it is what the end
// stands for; far beyond it is none.
func (s *Signal) scaled(part float64) point.Sample {
	out := point.Sample{Point: s.points[0].Name, Value: point.OfReal(s.low + (s.high-s.low)*min(max(part, 0), 1))}
	if part < -0.05 || part > 1.1 {
		out.Value, out.Quality = point.Value{}, point.BadBecause(point.OutOfRange)
	}
	return out
}

// milliamperes is the current of a transmitter through the resistor: what the pull-up
// adds is taken off.
func (t Terminal) milliamperes(volts, shunt float64) float64 {
	current := volts / shunt
	if t.PullUp > 0 {
		current -= (t.Supply - volts) / t.PullUp
	}
	return max(current, 0) * 1000
}

// options reads what a site file gives, and notes the first mistake.
type options struct {
	given map[string]string
	known map[string]bool
	err   error
}

func (o *options) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// real is a number of the options; NaN for missing means that it is required.
func (o *options) real(key string, low, high, missing float64) float64 {
	o.known[key] = true
	text, given := o.given[key]
	if !given && !math.IsNaN(missing) {
		return missing
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= low && v <= high) {
		o.fail(driver.BadOption(key, text, driver.Between(low, high)))
	}
	return v
}

// done reports the first mistake, or an option that nobody knows.
func (o *options) done() error {
	for key := range o.given {
		if !o.known[key] {
			o.fail(driver.UnknownOption(key, "signal", "low", "high", "unit", "decimals", "shunt", "divider"))
		}
	}
	return o.err
}
