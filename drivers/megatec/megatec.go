// Package megatec reads UPSs that speak the text protocols of the Megatec
// family: Q1, and Voltronic's QGS, QMOD, QWS, QBV and QPI. Most UPSs of 1–20 kVA
// made in China speak one of them, on RS-232 at 2400 baud.
//
// These units have no address, send unknown text back, and obey what they know:
// T tests the battery, S cuts the load, Q silences. So a unit always has a port
// of its own, and this package sends nothing but the questions in query.go.
//
// Which dialect a unit speaks is found by asking, one question after the other,
// until one is answered well. A unit that was found is asked in its dialect until
// it fails three times in a row, or says that it does not know the question. Q1 comes first: nearly all know it. Many units
// of Voltronic's answer it as well and tell more when the site file says
// `dialect: voltronic`: battery charge, runtime, mode and warnings.
//
// Sources: Megatec's protocol paper 2.7 (1996) and Voltronic's answers as the
// drivers of Network UPS Tools read them.
package megatec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Source is where the protocol is known from.
const Source = "Megatec / Voltronic · " + fromQ1

const (
	defaultPeriod  = 2 * time.Second
	defaultTimeout = time.Second      // NUT waits so long
	seldom         = time.Hour        // between two questions for the ratings
	rest           = 10 * time.Minute // of a question that the unit does not know
	patience       = 3                // failures in a row before the next dialect is tried, or a question rests
	opening        = time.Second      // what a poll may take beside its questions
)

// Device is one UPS on a port of its own. It meets driver.Poller and
// driver.Prober; used by one goroutine.
type Device struct {
	name    string
	wire    wire
	cells   float64
	spoken  []dialect
	current int  // the dialect that is asked next
	found   bool // it was answered
	failed  int  // questions for the state in a row that were not answered well
	last    answers
	turns   map[*query]*turn
	points  []point.Point
	blocks  []driver.Block
}

var (
	_ driver.Poller = (*Device)(nil)
	_ driver.Prober = (*Device)(nil)
	_ bus.Monitored = (*Device)(nil)
)

// New makes the device; it opens nothing. open opens its port with the shape that
// Line gives. spec.Period is how often the state is asked, 2 s if 0; spec.Timeout
// how long the unit may think before it answers, 1 s if 0.
//
// Options: dialect is auto (default), q1, voltronic or qs; baud (2400), parity
// (none, even, odd) and stop-bits (1, 2) shape the line; cells multiplies
// battery.voltage, for the on-line units that tell the voltage of one cell.
func New(spec driver.Spec, open func() (driver.Port, error)) (*Device, error) {
	o, err := optionsOf(spec)
	if err != nil {
		return nil, err
	}
	period := spec.Period
	if period == 0 {
		period = defaultPeriod
	}
	timeout := spec.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	d := &Device{name: spec.Name, cells: o.cells, spoken: o.spoken, last: answers{}, turns: map[*query]*turn{},
		wire: wire{dial: open, pace: pair.PaceOf(o.line), timeout: timeout, monitor: bus.Monitor{Line: o.line}}, points: describe(spec, o.spoken, period)}
	block := driver.Block{Name: "state", Period: period, Timeout: d.longest()}
	for _, p := range d.points {
		if err := p.Name.Check(); err != nil {
			return nil, fmt.Errorf("megatec %s: %w", spec.Name, err)
		}
		block.Points = append(block.Points, p.Name)
	}
	d.blocks = []driver.Block{block}
	return d, nil
}

// longest bounds one Poll: each dialect once, then what belongs to one.
func (d *Device) longest() time.Duration {
	all, beside := opening, time.Duration(0)
	for _, s := range d.spoken {
		own := time.Duration(0)
		for _, q := range s.others {
			own += d.wire.reach(q)
		}
		all += d.wire.reach(s.main)
		beside = max(beside, own+d.wire.reach(&vendor))
	}
	return all + beside
}

// Describe lists the points of the dialects that the unit may speak. Those of a
// dialect that it does not speak are not-present.
func (d *Device) Describe() []point.Point { return slices.Clone(d.points) }

// Blocks is one: what the unit says beside its state is asked along with it.
func (d *Device) Blocks() []driver.Block { return slices.Clone(d.blocks) }

// Monitor shows what is on the unit's wire.
func (d *Device) Monitor() *bus.Monitor { return &d.wire.monitor }

// Close gives the port back.
func (d *Device) Close() error { return d.wire.shut() }

// Poll asks for the state; then for what the dialect knows beside it, and at most
// one of the ratings. Only the state must be answered: a unit that lacks the rest
// has those points not-present.
func (d *Device) Poll(ctx context.Context, _ int, emit driver.Emit) error {
	if err := d.state(ctx); err != nil {
		return fmt.Errorf("megatec %s: %w", d.name, err)
	}
	spoken := d.spoken[d.current]
	if err := d.beside(ctx, spoken); err != nil {
		return fmt.Errorf("megatec %s: %w", d.name, err)
	}
	d.last.compute(spoken.name)
	for _, p := range d.points {
		r, said := d.last[p.Name.Item()]
		if !said {
			r.quality = point.BadBecause(point.NotPresent)
		}
		emit(point.Sample{Point: p.Name, Value: d.scaled(p.Name.Item(), r.value), Quality: r.quality})
	}
	return nil
}

// Probe asks one question: a UPS that says anything lives. A silent one costs one
// reply time, and each probe tries the next dialect.
func (d *Device) Probe(ctx context.Context) error {
	_, err := d.wire.ask(ctx, d.spoken[d.current].main)
	if err == nil || errors.Is(err, driver.ErrNotPresent) {
		return nil
	}
	d.stumbled(err)
	return fmt.Errorf("megatec %s: %w", d.name, err)
}

// scaled is the value as it is shown: the battery's is of all its cells.
func (d *Device) scaled(item string, v point.Value) point.Value {
	if f, ok := v.Float(); ok && item == "battery.voltage" && d.cells > 1 {
		return point.OfReal(float64(int64(f*d.cells*100+0.5)) / 100)
	}
	return v
}
