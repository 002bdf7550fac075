package snmp

import (
	"strconv"
	"strings"

	"watchbox/firmware/point"
)

// describePort names the port's points, fills port.at and notes its rates.
func (d *Device) describePort(p *port, stale int64) []point.Point {
	key, shown := plainName(p.name), p.name
	if p.slot > 0 {
		key = strconv.Itoa(p.slot)
		shown = "#" + key
	}
	var all []point.Point
	add := func(item, zh, en string, kind point.Kind, unit point.Unit, source string) *point.Point {
		n := point.Join(d.name, "if."+key+"."+item)
		p.at = append(p.at, n)
		all = append(all, point.Point{Name: n, Label: point.Words{Zh: shown + " " + zh, En: shown + " " + en},
			Kind: kind, Unit: unit, Room: d.room, Stale: stale, Source: "RFC 2863 IF-MIB, " + source})
		return &all[len(all)-1]
	}
	add("name", "接口名", "name", point.Text, "", ifName)
	add("status", "接口状态", "status", point.Int, "", ifOperStatus).States = statusStates
	add("in.octets", "接收字节数", "octets in", point.Count, "B", ifHCInOctets)
	add("out.octets", "发送字节数", "octets out", point.Count, "B", ifHCOutOctets)
	add("in.errors", "接收错误数", "errors in", point.Count, "", ifInErrors)
	add("out.errors", "发送错误数", "errors out", point.Count, "", ifOutErrors)
	age := add("age", "计数器连续计数时间", "counters running for", point.Real, "s", ifCounterDiscontinuityTime)
	rate := func(item, from, zh, en string, unit point.Unit, scale float64) {
		d.rates = append(d.rates, Rate{Point: point.Join(d.name, "if."+key+"."+item), Counter: point.Join(d.name, "if."+key+"."+from),
			Clock: age.Name, Label: point.Words{Zh: shown + " " + zh, En: shown + " " + en}, Unit: unit, Scale: scale, Room: d.room})
	}
	rate("in.rate", "in.octets", "接收速率", "rate in", "bit/s", 8)
	rate("out.rate", "out.octets", "发送速率", "rate out", "bit/s", 8)
	rate("in.errors.rate", "in.errors", "接收错误率", "errors in per second", "1/s", 1)
	rate("out.errors.rate", "out.errors", "发送错误率", "errors out per second", "1/s", 1)
	return all
}

// plainName makes an interface's name fit for a point: "GE1/0/1" becomes "ge1-0-1".
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s)
}
