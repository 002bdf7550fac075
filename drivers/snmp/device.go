// Package snmp reads network gear and UPS cards by SNMP: v2c, and v3 with
// authentication and privacy, coded by gosnmp.
//
// A device has one or more maps, joined by "+": "system" (name, up time,
// description), "interfaces" (64-bit octet counters, errors, state), "ups-mib"
// (RFC 1628). A poll is one request and its answer; only the search for the
// interfaces' numbers takes several. Everything in a block comes from one PDU.
//
// Options:
//
//	version        2c (default) or 3
//	community      v2c; default public
//	user           v3, required
//	auth           sha, sha224, sha256 (default), sha384, sha512; v3
//	auth-password  at least 8 characters; without it the user has no authentication
//	priv           aes (default), aes192, aes256; v3
//	priv-password  at least 8 characters; without it there is no privacy
//	interfaces     names as ifName gives them, with commas, or "auto N": the first
//	               N that are not named lo; default "auto 8"
//	phases         ups-mib: 1 (default) or 3
//	map            when the site file's map is empty; default "system+interfaces"
//
// The driver only reads: no SET is ever sent.
package snmp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// Defaults of a device whose site file says nothing.
const (
	DefaultPeriod  = 60 * time.Second
	upsPeriod      = 10 * time.Second // state and measurements of a UPS
	DefaultTimeout = 2 * time.Second
	identityPeriod = 10 * time.Minute
)

// Device is one agent. It meets driver.Poller and driver.Prober. Blocks and
// points are fixed by the Spec; an interface that the agent does not have gives
// not-present.
type Device struct {
	name    string
	room    string
	period  time.Duration
	timeout time.Duration
	wire    wire
	blocks  []driver.Block
	reads   []reading // one per block
	points  []point.Point
	rates   []Rate
	ports   *ports // nil without interfaces
	probe   request
	clock   upTime
	upTime  bool // system.uptime is a point
}

// reading is what one block does.
type reading interface {
	read(ctx context.Context, d *Device, emit driver.Emit) error
}

// Rate says which counter is worth a rate, for whoever wires the box: the
// derived point is the growth of Counter per second of Clock, times Scale.
type Rate struct {
	Point   point.Name // "core1/if.ge1.in.rate"
	Counter point.Name // a Count of 64 bits, or of 32 for errors
	Clock   point.Name // seconds that the counter has run; smaller than before: it was restarted
	Label   point.Words
	Unit    point.Unit
	Scale   float64
	Room    string
}

// New makes a device of its specification. It sends nothing.
func New(spec driver.Spec) (*Device, error) {
	d := &Device{name: spec.Name, room: spec.Room, period: spec.Period, timeout: spec.Timeout, probe: request{oids: []string{sysUpTime}}}
	if d.timeout == 0 {
		d.timeout = DefaultTimeout
	}
	err := d.configure(spec)
	if err != nil {
		return nil, fmt.Errorf("snmp %s: %w", spec.Name, err)
	}
	return d, nil
}

func (d *Device) configure(spec driver.Spec) error {
	if err := known(spec.Options); err != nil {
		return err
	}
	var err error
	if d.wire, err = newWire(spec); err != nil {
		return err
	}
	maps, key := spec.Map, "map"
	if maps == "" {
		maps, key = spec.Options["map"], "options.map"
	}
	if maps == "" {
		maps = "system+interfaces"
	}
	alone := !strings.Contains(maps, "interfaces") // else they bring the up time along
	d.upTime = strings.Contains(maps, "system")
	for m := range strings.SplitSeq(maps, "+") {
		switch strings.TrimSpace(m) {
		case "system":
			if alone {
				d.scalars("up time", []item{upTimeItem}, or(d.period, DefaultPeriod), 1)
			}
			d.scalars("system", systemItems, identityPeriod, 3)
		case "interfaces":
			err = d.interfaces(spec.Options["interfaces"])
		case "ups-mib":
			err = d.ups(spec.Options["phases"])
		default:
			err = driver.Bad(key, m, point.Words{Zh: "system、interfaces、ups-mib，用 + 连接", En: "system, interfaces, ups-mib, joined by +"})
		}
		if err != nil {
			return err
		}
	}
	return d.checkNames()
}

func (d *Device) ups(phases string) error {
	n, ok := map[string]int{"": 1, "1": 1, "3": 3}[phases]
	if !ok {
		return driver.BadOption("phases", phases, driver.OneOf("1", "3"))
	}
	d.scalars("state", upsState, or(d.period, upsPeriod), 0)
	d.scalars("measurements", append(append([]item(nil), upsMeasures...), upsLines(n)...), or(d.period, upsPeriod), 1)
	d.scalars("identity", upsIdentity, identityPeriod, 3)
	return nil
}

// add makes a block.
func (d *Device) add(name string, period time.Duration, priority int, timeout time.Duration, r reading, points []point.Point) {
	b := driver.Block{Name: name, Period: period, Priority: priority, Timeout: timeout}
	for _, p := range points {
		b.Points = append(b.Points, p.Name)
	}
	d.blocks, d.reads, d.points = append(d.blocks, b), append(d.reads, r), append(d.points, points...)
}

// stale is how old a sample of the period may become, in ms.
func (d *Device) stale(period time.Duration) int64 { return (3*period + d.timeout).Milliseconds() }

func (d *Device) checkNames() error {
	seen := map[point.Name]bool{}
	for _, p := range d.points {
		if err := p.Name.Check(); err != nil {
			return err
		}
		if seen[p.Name] {
			return driver.BadOption("interfaces", string(p.Name), point.Words{Zh: "每个点名只出现一次：这两个接口的名称转成点名后相同，只留一个", En: "each point once: two of these interfaces give the same point name, keep one"})
		}
		seen[p.Name] = true
	}
	return nil
}

// Describe lists the points.
func (d *Device) Describe() []point.Point { return d.points }

// Blocks lists what can be polled.
func (d *Device) Blocks() []driver.Block { return d.blocks }

// Rates lists the counters that are worth a rate, always the same.
func (d *Device) Rates() []Rate { return d.rates }

// Close gives the socket back.
func (d *Device) Close() error { return d.wire.close() }

// Poll reads one block.
func (d *Device) Poll(ctx context.Context, block int, emit driver.Emit) error {
	if err := d.reads[block].read(ctx, d, emit); err != nil {
		return fmt.Errorf("snmp %s: read %s: %w", d.name, d.blocks[block].Name, err)
	}
	return nil
}

// Probe asks for the up time only.
func (d *Device) Probe(ctx context.Context) error {
	if _, err := d.get(ctx, &d.probe); err != nil {
		return fmt.Errorf("snmp %s: probe: %w", d.name, err)
	}
	return nil
}

func or(a, b time.Duration) time.Duration {
	if a > 0 {
		return a
	}
	return b
}
