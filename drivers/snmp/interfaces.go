package snmp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"watchbox/firmware/driver"
	"watchbox/firmware/point"
)

// perRequest is how many interfaces one GET asks for: seven items each, so that
// the answer fits one Ethernet frame.
const perRequest = 5

// mostInterfaces bounds what one device may have here.
const mostInterfaces = 512

// Columns of one interface, in the order in which they are asked for.
var columns = []string{ifName, ifOperStatus, ifHCInOctets, ifHCOutOctets, ifInErrors, ifOutErrors, ifCounterDiscontinuityTime}

// port is one interface as the site file knows it.
type port struct {
	name string // ifName; of an automatic one empty until found
	slot int    // of an automatic one: 1 …
	row  uint32 // ifIndex, 0 when not found
	at   []point.Name
}

// The points of a port, by place in port.at.
const (
	atName = iota
	atStatus
	atIn
	atOut
	atInErrors
	atOutErrors
	atAge
)

// ports are all interfaces of a device; their numbers are searched when one is
// missing or turns out to be another.
type ports struct {
	all    []*port
	auto   bool
	known  bool      // the search was done
	search time.Time // when, by the local clock
}

// searchAgain is how long a missing interface stays missing before the next search.
const searchAgain = 5 * time.Minute

// group is a block of up to perRequest ports.
type group struct {
	ports   []*port
	request request
	rows    []uint32   // the rows that request asks for
	upTime  point.Name // given along with the first group, else empty
}

// interfaceNames is what the option interfaces may be.
var interfaceNames = point.Words{
	Zh: fmt.Sprintf("auto 1 至 auto %d，或用逗号隔开的接口名，最多 %d 个", mostInterfaces, mostInterfaces),
	En: fmt.Sprintf("auto 1 to auto %d, or at most %d names with commas", mostInterfaces, mostInterfaces),
}

func (d *Device) interfaces(list string) error {
	d.ports = &ports{}
	if list == "" {
		list = "auto 8"
	}
	if n, ok := strings.CutPrefix(list, "auto "); ok {
		count, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil || count < 1 || count > mostInterfaces {
			return driver.BadOption("interfaces", list, interfaceNames)
		}
		d.ports.auto = true
		for i := range count {
			d.ports.all = append(d.ports.all, &port{slot: i + 1})
		}
	} else {
		for name := range strings.SplitSeq(list, ",") {
			d.ports.all = append(d.ports.all, &port{name: strings.TrimSpace(name)})
		}
	}
	if len(d.ports.all) > mostInterfaces {
		return driver.BadOption("interfaces", list, interfaceNames)
	}
	period, n := or(d.period, DefaultPeriod), 0
	for some := range slices.Chunk(d.ports.all, perRequest) {
		var points []point.Point
		for _, p := range some {
			points = append(points, d.describePort(p, d.stale(period))...)
		}
		title := fmt.Sprintf("interfaces %d–%d", n+1, n+len(some))
		g := &group{ports: some}
		if n == 0 && d.upTime {
			p := upTimeItem.describe(d, d.stale(period))
			g.upTime, points = p.Name, append(points, p)
		}
		n += len(some)
		d.add(title, period, 2, 3*d.timeout, g, points)
	}
	return nil
}

// read asks for the group's ports, after a search for their numbers if need be.
func (g *group) read(ctx context.Context, d *Device, emit driver.Emit) error {
	if err := d.find(ctx); err != nil {
		return err
	}
	g.prepare()
	got, err := d.get(ctx, &g.request)
	if err != nil {
		return err
	}
	now := time.Now()
	ticks, ok := counter(got[0])
	if !ok {
		return fmt.Errorf("agent gave no sysUpTime: %w", driver.ErrGarbage)
	}
	total := d.clock.seen(uint32(ticks), now)
	if g.upTime != "" {
		emit(point.Sample{Point: g.upTime, Value: point.OfReal(float64(total) / 100)})
	}
	got = got[1:]
	for _, p := range g.ports {
		if p.row == 0 {
			p.missing(emit)
			continue
		}
		own := got[:len(columns)]
		got = got[len(columns):]
		if name := portName(own[0]); name != p.name {
			d.ports.known = false // renumbered: search before the next poll
			p.missing(emit)
			continue
		}
		p.give(own, &d.clock, total, emit)
	}
	return nil
}

// prepare makes the request anew when rows have changed.
func (g *group) prepare() {
	rows := make([]uint32, 0, perRequest)
	for _, p := range g.ports {
		if p.row != 0 {
			rows = append(rows, p.row)
		}
	}
	if g.request.oids != nil && slices.Equal(rows, g.rows) {
		return
	}
	g.rows, g.request = rows, request{oids: []string{sysUpTime}}
	for _, row := range rows {
		for _, c := range columns {
			g.request.oids = append(g.request.oids, c+"."+strconv.FormatUint(uint64(row), 10))
		}
	}
}

// missing says of every point that the agent has no such interface.
func (p *port) missing(emit driver.Emit) {
	for _, n := range p.at {
		emit(point.Sample{Point: n, Quality: point.BadBecause(point.NotPresent)})
	}
}

// give emits what one row holds. The age goes first: a rate is the growth of a
// counter over the growth of its age.
func (p *port) give(own []gosnmp.SnmpPDU, clock *upTime, total uint64, emit driver.Emit) {
	jump, _ := counter(own[6])
	if absent(own[6].Type) {
		jump = 0
	}
	emit(point.Sample{Point: p.at[atAge], Value: point.OfReal(clock.since(total, uint32(jump)))})
	emit(point.Sample{Point: p.at[atName], Value: point.OfText(p.name)})
	status := item{kind: point.Int, least: 1, most: 7}
	count := item{kind: point.Count}
	for i, it := range []*item{&status, &count, &count, &count, &count} {
		v, q := it.read(own[1+i])
		emit(point.Sample{Point: p.at[atStatus+i], Value: v, Quality: q})
	}
}

func portName(p gosnmp.SnmpPDU) string {
	b, _ := p.Value.([]byte)
	return clean(b)
}
