package modbus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	productmaps "watchbox/drivers/maps"
	"watchbox/drivers/pair"
	"watchbox/firmware/bus"
	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Device is one slave on a bus, read by a map. It meets driver.Poller,
// driver.Writer and driver.Prober.
type Device struct {
	name    string
	unit    uint8
	bus     *Bus
	mapping *productmaps.Map
	manners Manners
	points  []point.Point
	blocks  []block
	offers  []driver.Block
}

var (
	_ driver.Poller  = (*Device)(nil)
	_ driver.Writer  = (*Device)(nil)
	_ driver.Prober  = (*Device)(nil)
	_ driver.Replier = (*Device)(nil)
	_ bus.Monitored  = (*Device)(nil)
)

// New makes the device of spec. The unit is spec.Unit: 1–247, on TCP 0–255.
// spec.Timeout replaces the map's; spec.Period replaces the period of
// measurements, alarms are never asked less often. Options: "pause", a duration,
// replaces the map's; "baud", "parity" and "stop-bits" are for a device that speaks
// otherwise than its serial bus. Without a bus the device can describe itself only.
func New(spec driver.Spec, m *productmaps.Map, b *Bus) (*Device, error) {
	d := &Device{name: spec.Name, unit: uint8(spec.Unit), bus: b, mapping: m,
		manners: Manners{Pause: m.Pause, Settle: m.Settle, Timeout: m.Timeout, Worst: m.Worst}}
	if err := d.adjust(spec); err != nil {
		return nil, fmt.Errorf("modbus %s: %w", spec.Name, err)
	}
	d.blocks = plan(m)
	periods := m.PeriodsFor(spec.Period)
	for _, b := range d.blocks {
		d.offers = append(d.offers, d.offer(b, periods[b.rank]))
	}
	for i := range m.Points {
		d.points = append(d.points, m.Points[i].Describe(spec, periods[m.Points[i].Rank]))
	}
	return d, nil
}

// adjust takes what the site file says against the map.
func (d *Device) adjust(spec driver.Spec) error {
	serial := d.bus != nil && d.bus.pair != nil
	if spec.Unit < 0 || spec.Unit > 255 || serial && (spec.Unit < 1 || spec.Unit > 247) {
		return driver.Bad("unit", fmt.Sprint(spec.Unit), point.Words{Zh: "1 至 247，TCP 上为 0 至 255", En: "1 to 247, on TCP 0 to 255"})
	}
	if spec.Timeout > 0 {
		d.manners.Timeout = spec.Timeout
		d.manners.Worst = max(d.manners.Worst, spec.Timeout)
	}
	for _, key := range slices.Sorted(maps.Keys(spec.Options)) {
		switch {
		case key == "pause":
		case !serial:
			return driver.UnknownOption(key, "pause")
		case !pair.IsShape(key):
			return driver.UnknownOption(key, "pause", "baud", "parity", "stop-bits")
		}
	}
	if text, said := spec.Options["pause"]; said {
		pause, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil || pause < 0 || pause > 5*time.Second {
			return driver.BadOption("pause", text, driver.Between("0s", "5s"))
		}
		d.manners.Pause = pause
	}
	if !serial {
		return nil
	}
	var err error
	d.manners.Line, err = d.bus.pair.LineFor(spec.Options)
	return err
}

// Manners is how the device wants to be talked to.
func (d *Device) Manners() Manners { return d.manners }

// WorstReply meets driver.Replier.
func (d *Device) WorstReply() time.Duration { return max(d.manners.Worst, d.manners.Timeout) }

func (d *Device) offer(b block, period time.Duration) driver.Block {
	o := driver.Block{Name: b.name(), Period: period, Priority: int(b.rank), Timeout: d.bus.reach(b.table, b.count, d.manners)}
	for _, i := range b.points {
		o.Points = append(o.Points, point.Join(d.name, d.mapping.Points[i].Item))
	}
	return o
}

// Describe lists the points of the map.
func (d *Device) Describe() []point.Point { return slices.Clone(d.points) }

// Blocks lists the requests that read them all.
func (d *Device) Blocks() []driver.Block { return slices.Clone(d.offers) }

// Rests meets driver.Rester: as the map says.
func (d *Device) Rests() []driver.Rest { return d.mapping.Rests(d.name) }

// Close does nothing: the bus is shared and closed by who made it.
func (d *Device) Close() error { return nil }

// Monitor shows what is on the device's wire; without a bus nothing ever is.
func (d *Device) Monitor() *bus.Monitor {
	if d.bus == nil {
		return &bus.Monitor{}
	}
	return d.bus.Monitor()
}

// Poll makes the one request of the block and emits a sample for each point.
func (d *Device) Poll(ctx context.Context, i int, emit driver.Emit) error {
	if i < 0 || i >= len(d.blocks) || d.bus == nil {
		return d.failed("read block", fmt.Sprint(i), unsupported("there is no such block or no bus"))
	}
	b := &d.blocks[i]
	data, err := d.bus.Read(ctx, d.unit, d.manners, b.table, b.address, uint16(b.count))
	if err != nil {
		return d.failed("read", b.name(), err)
	}
	for n, j := range b.points {
		v, q := decode(&d.mapping.Points[j], b.address, data)
		emit(point.Sample{Point: d.offers[i].Points[n], Value: v, Quality: q})
	}
	return nil
}

// Probe asks for the first point only. A device that answers "no" lives.
func (d *Device) Probe(ctx context.Context) error {
	if d.bus == nil {
		return d.failed("probe", "", unsupported("there is no bus"))
	}
	p := &d.mapping.Points[d.blocks[0].points[0]]
	_, err := d.bus.Read(ctx, d.unit, d.manners, p.Table, p.Address, uint16(min(p.Width(), 2)))
	if err == nil || isAnswer(err) {
		return nil
	}
	return d.failed("probe", p.Table.String(), err)
}
