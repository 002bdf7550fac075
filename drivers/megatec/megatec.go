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
// it fails three times in a row. Q1 comes first: nearly all know it. Many units
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
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

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

// turn is when a question beside the first is asked again.
type turn struct {
	due    time.Time
	failed int // in a row
}

var (
	_ driver.Poller = (*Device)(nil)
	_ driver.Prober = (*Device)(nil)
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
		wire: wire{dial: open, baud: o.line.Baud, timeout: timeout}, points: describe(spec, o.spoken, period)}
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

// Line is the shape of the line that spec asks for.
func Line(spec driver.Spec) (driver.Line, error) {
	o, err := optionsOf(spec)
	return o.line, err
}

type options struct {
	line   driver.Line
	spoken []dialect
	cells  float64
}

func optionsOf(spec driver.Spec) (options, error) {
	o := options{line: driver.Line{Baud: 2400, Parity: "none"}, spoken: dialects, cells: 1}
	for _, key := range slices.Sorted(maps.Keys(spec.Options)) {
		if allowed := o.take(key, strings.TrimSpace(spec.Options[key])); allowed != "" {
			return o, fmt.Errorf("megatec %s: option %s: read %q, allowed %s: %w", spec.Name, key, spec.Options[key], allowed, driver.ErrUnsupported)
		}
	}
	return o, nil
}

// take reads one option; what it may be is told when it is not.
func (o *options) take(key, value string) (allowed string) {
	n, err := strconv.Atoi(value)
	in := func(low, high int) string {
		if err == nil && low <= n && n <= high {
			return ""
		}
		return fmt.Sprintf("%d to %d", low, high)
	}
	switch key {
	case "baud":
		o.line.Baud, allowed = n, in(1200, 115200)
	case "stop-bits":
		o.line.StopBits, allowed = n, in(1, 2)
	case "cells":
		o.cells, allowed = float64(n), in(1, 480)
	case "parity":
		o.line.Parity = value
		if !slices.Contains([]string{"none", "even", "odd"}, value) {
			allowed = "none, even, odd"
		}
	case "dialect":
		i := slices.IndexFunc(dialects, func(d dialect) bool { return d.name == value })
		switch {
		case i >= 0:
			o.spoken = dialects[i : i+1]
		case value != "auto":
			allowed = "auto, q1, voltronic, qs"
		}
	default:
		allowed = "no such option: dialect, baud, parity, stop-bits, cells"
	}
	return allowed
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

// state asks for the state in the dialect that was found, else in each until one
// is known to the unit. A unit that is silent or garbled is asked the next one
// next time: a dead UPS costs one question.
func (d *Device) state(ctx context.Context) error {
	for range d.spoken {
		q := d.spoken[d.current].main
		all, err := d.wire.ask(ctx, q)
		if err == nil {
			d.found, d.failed = true, 0
			d.last.put(all)
			return nil
		}
		if !errors.Is(err, driver.ErrNotPresent) {
			d.stumbled(err)
			return err
		}
		d.next()
	}
	return fmt.Errorf("%w: it knows none of %s", driver.ErrRefused, d.tried())
}

// stumbled counts a failure that may mean another dialect.
func (d *Device) stumbled(err error) {
	if errors.Is(err, driver.ErrDisconnect) {
		return
	}
	if d.failed++; !d.found || d.failed >= patience {
		d.next()
	}
}

// next goes on to another dialect, perhaps another unit: nothing old is true of it.
func (d *Device) next() {
	d.current, d.found, d.failed = (d.current+1)%len(d.spoken), false, 0
	d.last, d.turns = answers{}, map[*query]*turn{}
}

func (d *Device) tried() string {
	var texts []string
	for _, s := range d.spoken {
		texts = append(texts, s.main.text)
	}
	return strings.Join(texts, ", ")
}

// beside asks what is due of the rest. Only a lost port is an error.
func (d *Device) beside(ctx context.Context, s dialect) error {
	for _, q := range s.others {
		if _, err := d.along(ctx, q, 0); err != nil {
			return err
		}
	}
	for _, q := range s.ratings {
		if asked, err := d.along(ctx, q, seldom); asked || err != nil {
			return err
		}
	}
	return nil
}

// along asks a question if it is due and says when it is due again.
func (d *Device) along(ctx context.Context, q *query, every time.Duration) (asked bool, err error) {
	t := d.turns[q]
	if t == nil {
		t = &turn{}
		d.turns[q] = t
	}
	now := time.Now()
	if now.Before(t.due) {
		return false, nil
	}
	all, err := d.wire.ask(ctx, q)
	switch {
	case err == nil:
		t.failed, t.due = 0, now.Add(every)
	case errors.Is(err, driver.ErrDisconnect):
		return true, err
	case errors.Is(err, driver.ErrNotPresent):
		all, t.due = q.lost(point.NotPresent), now.Add(rest)
	default:
		all = q.lost(driver.ReasonOf(err))
		if t.failed++; t.failed >= patience {
			t.due = now.Add(rest)
		}
	}
	d.last.put(all)
	return true, nil
}

// scaled is the value as it is shown: the battery's is of all its cells.
func (d *Device) scaled(item string, v point.Value) point.Value {
	if f, ok := v.Float(); ok && item == "battery.voltage" && d.cells > 1 {
		return point.OfReal(float64(int64(f*d.cells*100+0.5)) / 100)
	}
	return v
}
